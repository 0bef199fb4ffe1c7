namespace Nexus.Web.Capture;

/// <summary>The beginning of an id, as people copy it from a log or a page: all ids from <see cref="Least"/> to <see cref="Most"/> begin so.</summary>
internal readonly record struct IdPrefix(Guid Least, Guid Most)
{
    /// <summary>Eight digits of a time-ordered id stand for about a minute.</summary>
    private const int Fewest = 8;

    /// <summary>Null for what is no beginning of an id, or one that is too short to find anything by.</summary>
    public static IdPrefix? Of(string text)
    {
        if (text.Length is < Fewest or > 36 || !text.All(letter => char.IsAsciiHexDigit(letter) || letter == '-') || !text.Any(char.IsAsciiDigit))
            return null;
        var digits = text.Replace("-", "", StringComparison.Ordinal);
        return digits.Length is >= Fewest and <= 32 ? new(Guid.ParseExact(digits.PadRight(32, '0'), "N"), Guid.ParseExact(digits.PadRight(32, 'f'), "N")) : null;
    }
}
