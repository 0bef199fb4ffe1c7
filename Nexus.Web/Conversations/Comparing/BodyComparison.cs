using System.Text.Json.Nodes;

namespace Nexus.Web.Conversations.Comparing;

/// <summary>A part of one body beside its like in the other.</summary>
/// <param name="Left">Null where it was added.</param>
/// <param name="Right">Null where it was dropped.</param>
public sealed record ComparedPart(BodyPart? Left, BodyPart? Right)
{
    /// <summary><c>kept</c>, <c>changed</c>, <c>added</c> or <c>dropped</c>.</summary>
    public string State => Left is null ? "added" : Right is null ? "dropped" : Left.Text == Right.Text ? "kept" : "changed";

    public BodyPart One => Right ?? Left!;
}

/// <param name="Left">As JSON; null where it is not said.</param>
public sealed record ComparedSetting(string Name, string? Left, string? Right);

/// <param name="Left">Its time to live; null where it is not set.</param>
public sealed record ComparedMark(string Where, string? Left, string? Right);

/// <summary>Two request bodies beside each other.</summary>
/// <param name="Parts">In the order of the prompt: tools, system, messages.</param>
/// <param name="Settings">Those that differ.</param>
/// <param name="Marks">All cache marks, in the order of the prompt.</param>
public sealed record BodyComparison(IReadOnlyList<ComparedPart> Parts, IReadOnlyList<ComparedSetting> Settings, IReadOnlyList<ComparedMark> Marks)
{
    /// <summary>Pairs that are looked at to find the longest common subsequence; beyond, everything between common ends counts as replaced.</summary>
    private const int MostPairs = 4_000_000;

    /// <summary>Characters of parts that both prompts begin with: a cache can hold as far as this.</summary>
    public int SharedCharacters => Parts.TakeWhile(part => part.State == "kept").Sum(part => part.One.Text.Length);

    /// <summary>The first part that is not in both; null when there is none.</summary>
    public ComparedPart? FirstDifference => Parts.FirstOrDefault(part => part.State != "kept");

    public int Count(string state) => Parts.Count(part => part.State == state);

    public static BodyComparison Of(JsonObject left, JsonObject right)
    {
        var (before, after) = (BodyParts.Of(left), BodyParts.Of(right));
        var parts = new[] { "tools", "system", "messages" }.SelectMany(kind => Align([.. before.Where(part => part.Kind == kind)], [.. after.Where(part => part.Kind == kind)])).ToList();
        var (said, says) = (BodyParts.Settings(left), BodyParts.Settings(right));
        var settings = said.Keys.Union(says.Keys).Select(name => new ComparedSetting(name, said.GetValueOrDefault(name), says.GetValueOrDefault(name))).Where(setting => setting.Left != setting.Right).ToList();
        var (had, has) = (MarksOf(before), MarksOf(after));
        return new(parts, settings, [.. had.Concat(has).Select(mark => mark.Where).Distinct().OrderBy(Place).Select(where => new ComparedMark(where, Ttl(had, where), Ttl(has, where)))]);

        static List<CacheMark> MarksOf(IEnumerable<BodyPart> of) => [.. of.SelectMany(part => part.Marks)];
        static string? Ttl(List<CacheMark> marks, string where) => marks.Find(mark => mark.Where == where)?.Ttl;
    }

    /// <summary>tools before system before messages, and numbers as numbers.</summary>
    private static string Place(string where)
    {
        var kind = where[0] switch { 't' => '0', 's' => '1', _ => '2' };
        return kind + System.Text.RegularExpressions.Regex.Replace(where, @"\d+", match => match.Value.PadLeft(6, '0'));
    }

    private static List<ComparedPart> Align(List<BodyPart> left, List<BodyPart> right)
    {
        var head = left.Zip(right).TakeWhile(pair => pair.First.Text == pair.Second.Text).Count();
        var most = Math.Min(left.Count, right.Count) - head;
        var tail = 0;
        while (tail < most && left[^(tail + 1)].Text == right[^(tail + 1)].Text)
            tail++;
        var parts = new List<ComparedPart>(left.Take(head).Zip(right, (one, other) => new ComparedPart(one, other)));
        parts.AddRange(Between(left[head..^tail], right[head..^tail]));
        parts.AddRange(left[^tail..].Zip(right[^tail..], (one, other) => new ComparedPart(one, other)));
        return parts;
    }

    /// <summary>Along the longest common subsequence; what was dropped and added at one place under one title was changed.</summary>
    private static List<ComparedPart> Between(List<BodyPart> left, List<BodyPart> right)
    {
        var (i, j) = (0, 0);
        var (dropped, added, parts) = (new List<BodyPart>(), new List<BodyPart>(), new List<ComparedPart>());
        foreach (var (one, other) in Common(left, right).Append((left.Count, right.Count)))
        {
            dropped.AddRange(left[i..one]);
            added.AddRange(right[j..other]);
            Flush(dropped, added, parts);
            if (one < left.Count)
                parts.Add(new(left[one], right[other]));
            (i, j) = (one + 1, other + 1);
        }

        return parts;
    }

    private static void Flush(List<BodyPart> dropped, List<BodyPart> added, List<ComparedPart> parts)
    {
        foreach (var part in dropped)
        {
            var like = added.FindIndex(other => other.Title == part.Title);
            // In order: what stands before its like was added before it.
            for (var k = 0; k < like; k++)
                parts.Add(new(null, added[k]));
            parts.Add(new(part, like < 0 ? null : added[like]));
            added.RemoveRange(0, like + 1);
        }

        parts.AddRange(added.Select(part => new ComparedPart(null, part)));
        dropped.Clear();
        added.Clear();
    }

    private static List<(int Left, int Right)> Common(List<BodyPart> left, List<BodyPart> right)
    {
        var pairs = new List<(int, int)>();
        if ((long)left.Count * right.Count is 0 or > MostPairs)
            return pairs;
        var length = new int[left.Count + 1, right.Count + 1];
        for (var i = left.Count - 1; i >= 0; i--)
            for (var j = right.Count - 1; j >= 0; j--)
                length[i, j] = left[i].Text == right[j].Text ? length[i + 1, j + 1] + 1 : Math.Max(length[i + 1, j], length[i, j + 1]);
        for (var (i, j) = (0, 0); i < left.Count && j < right.Count;)
        {
            if (left[i].Text == right[j].Text)
                pairs.Add((i++, j++));
            else if (length[i + 1, j] >= length[i, j + 1])
                i++;
            else
                j++;
        }

        return pairs;
    }
}
