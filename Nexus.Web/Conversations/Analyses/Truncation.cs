namespace Nexus.Web.Conversations.Analyses;

/// <summary>Of a transcript what was kept, in order, with a mark where messages are missing.</summary>
/// <param name="LeftOut">Messages that did not fit.</param>
internal readonly record struct KeptMessages(IReadOnlyList<string> Texts, int LeftOut);

/// <summary>Makes a transcript fit into a number of tokens. Pure.</summary>
internal static class Truncation
{
    public const string Gap = "[...conversation truncated...]";
    public const string Cut = "...[CONTENT TRUNCATED]...";

    /// <summary>English prose has about four characters a token, code somewhat fewer: an estimate without a tokenizer, which differs by model anyway.</summary>
    public const int CharactersPerToken = 4;

    /// <summary>Above any figure of a request's own frame, so that one message always fits beside it.</summary>
    public const int Least = 100;

    /// <summary>From here on (CJK radicals) scripts have about a token for each character.</summary>
    private const char FirstWide = '\u2E80';

    public static int Tokens(string text)
    {
        var wide = 0;
        foreach (var character in text)
            if (character >= FirstWide)
                wide++;
        return wide + ((text.Length - wide + CharactersPerToken - 1) / CharactersPerToken);
    }

    /// <summary>
    /// All of it where it fits. Else the end first (at most <paramref name="tail"/> messages), then the beginning (at most
    /// <paramref name="head"/>), and what room is left goes to the messages before the end. Messages stay whole; only a last
    /// one that is too long by itself is cut, and sent alone.
    /// </summary>
    public static KeptMessages Fit(IReadOnlyList<string> messages, int budget, int head, int tail)
    {
        budget = Math.Max(budget, Least);
        if (messages.Sum(message => (long)Tokens(message)) <= budget)
            return new(messages, 0);
        var room = budget - Tokens(Gap);
        var (begin, first) = (0, messages.Count);
        Extend(Math.Max(1, tail));
        if (first == messages.Count)
            return new([ShortenTo(messages[^1], room)], messages.Count - 1);
        for (; begin < head && begin < first && Tokens(messages[begin]) <= room; begin++)
            room -= Tokens(messages[begin]);
        Extend(messages.Count);
        return new([.. messages.Take(begin), Gap, .. messages.Skip(first)], first - begin);

        void Extend(int most)
        {
            while (first > begin && messages.Count - first < most && Tokens(messages[first - 1]) <= room)
                room -= Tokens(messages[--first]);
        }
    }

    private static string ShortenTo(string text, int tokens)
    {
        var most = tokens * CharactersPerToken;
        var kept = Shorten(text, most);
        while (Tokens(kept) is var has && has > tokens)
        {
            most = Math.Min(most - 1, (int)((long)Math.Min(most, kept.Length) * tokens / has));
            kept = Shorten(text, most);
        }

        return kept;
    }

    /// <summary>Beginning and end of a text that is too long, three parts to one.</summary>
    public static string Shorten(string text, int most)
    {
        if (text.Length <= most)
            return text;
        var kept = Math.Max(0, most - Cut.Length);
        var (start, end) = (kept - (kept / 4), kept / 4);
        // No half of a surrogate pair is left behind.
        if (start > 0 && char.IsHighSurrogate(text[start - 1]))
            start--;
        if (end > 0 && char.IsLowSurrogate(text[^end]))
            end--;
        return string.Concat(text.AsSpan(0, start), Cut, text.AsSpan(text.Length - end));
    }
}
