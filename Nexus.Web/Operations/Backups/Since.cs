using System.Globalization;

namespace Nexus.Web.Operations.Backups;

/// <summary>A time in the past as people write it: <c>2 days</c>, <c>36 hours</c>, <c>1 week</c>, <c>3 months</c>, or ISO 8601 (UTC where it says nothing else).</summary>
internal static class Since
{
    /// <exception cref="FormatException">It is neither, or not in the past.</exception>
    public static DateTimeOffset Parse(string text, DateTimeOffset now)
    {
        var at = text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var number, var unit] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and < 100_000
            ? Back(now, count, unit.TrimEnd('s').ToLowerInvariant())
            : null;
        if (at is null && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var parsed))
            at = parsed;
        return at is { } found && found < now ? found : throw new FormatException($"'{text}' is no time in the past, such as '2 days', '36 hours', '1 week', '3 months' or 2026-11-01T12:00:00Z.");
    }

    private static DateTimeOffset? Back(DateTimeOffset now, int count, string unit) => unit switch
    {
        "hour" => now.AddHours(-count),
        "day" => now.AddDays(-count),
        "week" => now.AddDays(-7.0 * count),
        "month" => now.AddMonths(-Math.Min(count, 1200)),
        _ => null,
    };
}
