using System.Text;

namespace Nexus.Bench.Demo;

/// <summary>One thing that a story tells: who does what.</summary>
/// <param name="Kind">
/// Of what is asked: <c>user</c>, <c>result</c> (of the next call), <c>report</c> (of the subagent). Of the answer: <c>thinking</c>,
/// <c>says</c>, <c>calls</c>. Of mishaps, before the answer: <c>overloaded</c> (529 once), <c>interrupted</c> (the user leaves).
/// </param>
/// <param name="Argument">Of a call: the tool.</param>
/// <param name="Inner">Of a call of Agent: what the subagent does.</param>
internal sealed record Section(string Kind, string Argument, string Text, IReadOnlyList<Section> Inner);

/// <summary>What one request asks, what goes wrong, and how it is answered.</summary>
internal sealed record Turn(IReadOnlyList<Section> Asked, string? Mishap, IReadOnlyList<Section> Answer)
{
    public static IEnumerable<Turn> Of(IReadOnlyList<Section> sections)
    {
        for (var i = 0; i < sections.Count;)
        {
            var asked = sections.Skip(i).TakeWhile(section => section.Kind is "user" or "result" or "report").ToList();
            i += asked.Count;
            var mishap = i < sections.Count && sections[i].Kind is "overloaded" or "interrupted" ? sections[i++].Kind : null;
            var answer = sections.Skip(i).TakeWhile(section => section.Kind is "thinking" or "says" or "calls").ToList();
            i += answer.Count;
            yield return asked.Count > 0 && answer.Count > 0 ? new(asked, mishap, answer) : throw new FormatException($"A turn near section {i} ('{sections[Math.Min(i, sections.Count - 1)].Kind}') asks nothing or is not answered.");
        }
    }
}

/// <summary>A session of Claude Code to replay, written as Markdown: a head of <c>name: value</c> lines, then <c>## kind argument</c> sections; <c>###</c> is the subagent's.</summary>
internal sealed record Story(string Host, IReadOnlyList<string> People, string Model, string Title, IReadOnlyList<Section> Sections)
{
    public static IReadOnlyList<Story> All { get; } = [.. Names().Where(name => name != "tickets.md").Select(name => Parse(Read(name)))];

    /// <summary>What customers write, a line each.</summary>
    public static IReadOnlyList<string> Tickets { get; } = Read("tickets.md").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static Story Parse(string text)
    {
        var parts = text.Split("\n## ");
        var head = parts[0].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return new(head["host"], head["people"].Split(", "), head["model"], head["title"], [.. parts.Skip(1).Select(part => ParseSection(part, "\n### "))]);
    }

    private static Section ParseSection(string part, string innerMark)
    {
        var parts = part.Split(innerMark);
        var (line, text) = parts[0].IndexOf('\n', StringComparison.Ordinal) is var end and >= 0 ? (parts[0][..end], parts[0][(end + 1)..].Trim('\n')) : (parts[0], "");
        var words = line.Split(' ', 2);
        return new(words[0], words.ElementAtOrDefault(1) ?? "", text, [.. parts.Skip(1).Select(inner => ParseSection(inner, "\n#### "))]);
    }

    private static IEnumerable<string> Names() => typeof(Story).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".md", StringComparison.Ordinal)).Order();

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(Story).Assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
