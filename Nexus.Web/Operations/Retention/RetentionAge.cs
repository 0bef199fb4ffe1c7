using System.Globalization;

namespace Nexus.Web.Operations.Retention;

/// <summary>An age such as <c>90d</c>, <c>13m</c> or <c>5y</c>; <c>0</c> for what is kept for ever.</summary>
internal sealed record RetentionAge(int Count, char Unit)
{
    /// <summary>Bodies of requests continue earlier ones' lists of parts, at most a week old: nothing younger than this may expire.</summary>
    private const int LeastDays = 30;

    /// <param name="leastDays">Shorter ages in days are refused.</param>
    /// <exception cref="FormatException">It is none, or too short.</exception>
    public static RetentionAge Parse(string text, int leastDays = LeastDays)
    {
        if (text == "0")
            return new(0, 'd');
        if (text.Length < 2 || !"dmy".Contains(text[^1], StringComparison.Ordinal) || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > 36_500)
            throw new FormatException("");
        return text[^1] != 'd' || count >= leastDays ? new(count, text[^1]) : throw new FormatException($"it is less than {leastDays} days");
    }

    /// <summary>What is older goes; null: nothing does.</summary>
    public DateTimeOffset? Bound(DateTimeOffset now) => Count == 0 ? null : Unit switch
    {
        'd' => now.ToUniversalTime().AddDays(-Math.Min(Count, 36_500)),
        'm' => now.ToUniversalTime().AddMonths(-Math.Min(Count, 1_200)),
        _ => now.ToUniversalTime().AddYears(-Math.Min(Count, 100)),
    };

    /// <summary>The same in whole months, as partitions are: the last month of which all is older has ended then.</summary>
    public DateTimeOffset? MonthBound(DateTimeOffset now) => Bound(now) is { } bound ? new DateTimeOffset(bound.Year, bound.Month, 1, 0, 0, 0, TimeSpan.Zero) : null;
}
