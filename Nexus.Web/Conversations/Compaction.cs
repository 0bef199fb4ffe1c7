using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Nexus.Web.Conversations;

/// <summary>
/// Finds again the summary that a compacted conversation goes on from (spec §4.5). The client rewrites its mark-up, so letters and
/// digits alone are compared, lower-case, and of them the first 2,000: shorter beginnings collide in practice.
/// </summary>
internal static class Compaction
{
    public const string Opening = "This session is being continued from a previous conversation that ran out of context";

    private const int Compared = 2000;

    /// <summary>A shorter summary could stand in any text.</summary>
    private const int Least = 40;

    private static readonly string[] Markers = ["The conversation is summarized below:", "Summary:"];
    private static readonly string[] Ends = ["Please continue the conversation", "If you need specific details from before compaction", "Continue the conversation from where it left off"];

    /// <summary>Null when no text goes on from a compaction; empty when one does without a summary to be recognised.</summary>
    /// <param name="texts">Canonical, of a user's message.</param>
    public static IReadOnlyList<long>? SummariesGoneOnFrom(IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            if (!text.Contains(Opening, StringComparison.Ordinal))
                continue;
            var hashes = new List<long>();
            foreach (var marker in Markers)
                if (text.IndexOf(marker, StringComparison.Ordinal) is >= 0 and var at)
                    Add(hashes, Cut(text[(at + marker.Length)..]));
            return hashes;
        }

        return null;
    }

    /// <summary>Hashes by which an answer's summary will be asked for: the whole of it, and what stands in its summary element.</summary>
    public static IReadOnlyList<long> SummariesIn(string answer)
    {
        var hashes = new List<long>();
        Add(hashes, answer);
        var start = answer.IndexOf("<summary>", StringComparison.OrdinalIgnoreCase);
        if (start >= 0)
        {
            var end = answer.IndexOf("</summary>", start, StringComparison.OrdinalIgnoreCase);
            Add(hashes, answer[(start + 9)..(end < 0 ? answer.Length : end)]);
        }

        return hashes;
    }

    private static string Cut(string summary)
    {
        var end = Ends.Select(text => summary.IndexOf(text, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(summary.Length).Min();
        return summary[..end];
    }

    private static void Add(List<long> hashes, string summary)
    {
        var letters = new char[Compared];
        var length = 0;
        foreach (var character in Tagless(summary))
            if (length < Compared && char.IsLetterOrDigit(character))
                letters[length++] = char.ToLowerInvariant(character);
        var hash = unchecked((long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(letters.AsSpan(0, length)), 0x53756D));
        if (length >= Least && !hashes.Contains(hash))
            hashes.Add(hash);
    }

    /// <summary>The client writes the elements of a summary as headings.</summary>
    private static string Tagless(string summary) => summary
        .Replace("<analysis>", "Analysis:", StringComparison.OrdinalIgnoreCase).Replace("</analysis>", "", StringComparison.OrdinalIgnoreCase)
        .Replace("<summary>", "Summary:", StringComparison.OrdinalIgnoreCase).Replace("</summary>", "", StringComparison.OrdinalIgnoreCase);
}
