using System.Text;
using System.Text.RegularExpressions;

namespace Nexus.Web.Conversations;

/// <summary>The words of a message that a person typed, as far as clients' own texts can be told from them.</summary>
internal static partial class HumanWords
{
    private const int MostTitle = 120;

    /// <summary>How texts begin that Claude Code writes into the user's messages.</summary>
    private static readonly string[] OfTheClient =
    [
        "<local-command-", "<bash-std", "<task-notification>", "<command-message>", "<user-prompt-submit-hook>", "Caveat: The messages below", "[Request interrupted", "CRITICAL: Respond with TEXT ONLY",
        Compaction.Opening, "<session>", "Perform a web search for the query:",
    ];

    /// <param name="texts">Canonical.</param>
    public static string? Of(IEnumerable<string> texts)
    {
        var words = new StringBuilder();
        foreach (var text in texts)
        {
            if (words.Length >= CanonicalMessage.MostWords)
                break;
            if (!OfTheClient.Any(opening => text.StartsWith(opening, StringComparison.Ordinal)))
                words.Append(words.Length > 0 ? "\n" : "").Append(text.AsSpan(0, Math.Min(text.Length, CanonicalMessage.MostWords)));
        }

        return words.Length == 0 ? null : Capture.PlainText.Clean(words.ToString(), CanonicalMessage.MostWords);
    }

    /// <summary>One line of at most 120 characters; a slash command by its name.</summary>
    public static string? Title(string? words)
    {
        if (words is null)
            return null;
        var line = Tags().Replace(Space().Replace(words, " "), " ").Trim();
        if (line.Length > MostTitle)
            line = line[..(char.IsHighSurrogate(line[MostTitle - 2]) ? MostTitle - 2 : MostTitle - 1)] + "…";
        return line.Length == 0 ? null : line;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex(@"</?command-(name|args|contents)> ?")]
    private static partial Regex Tags();
}
