using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Conversations;

namespace Nexus.Web.Pages;

/// <summary>Looks for words in what was typed and answered along one way through a conversation.</summary>
internal static class TranscriptFind
{
    public const int LongestWords = 200;
    public const int MostFound = 100;
    private const int MostTurns = 20_000;
    private const int Around = 80;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(2);

    /// <summary>Newest first, letters' case aside. What tools said, thinking and the client's reminders are not searched.</summary>
    /// <param name="address">Where a turn of that number is to be read.</param>
    public static FoundTurns In(IReadOnlyList<Turn> turns, string words, Func<int, string> address, TimeProvider time)
    {
        var (found, began, searched) = (new List<FoundTurn>(), time.GetTimestamp(), 0);
        foreach (var turn in turns.Reverse().Take(MostTurns))
        {
            if (found.Count == MostFound || time.GetElapsedTime(began) > MostTime)
                break;
            searched++;
            foreach (var block in turn.Blocks)
            {
                if (block.Kind != "text" || block.Text.StartsWith(AskedWords.Reminder, StringComparison.Ordinal) || block.Text.IndexOf(words, StringComparison.OrdinalIgnoreCase) is not (>= 0 and var at))
                    continue;
                var end = at + words.Length;
                found.Add(new(turn.Number, turn.Role, Before(block.Text, at), block.Text[at..end], After(block.Text, end), address(turn.Number)));
                break;
            }
        }

        return new(found, searched, turns.Count);
    }

    private static string Before(string text, int at)
    {
        var from = Math.Max(0, at - Around);
        return (from > 0 ? "…" : "") + text[(from > 0 && char.IsLowSurrogate(text[from]) ? from + 1 : from)..at];
    }

    private static string After(string text, int end)
    {
        var to = Math.Min(text.Length, end + Around);
        return text[end..(to > end && char.IsHighSurrogate(text[to - 1]) ? to - 1 : to)] + (to < text.Length ? "…" : "");
    }
}
