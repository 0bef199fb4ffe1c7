using System.Globalization;

namespace Nexus.Web.Access.Keys;

/// <summary>A time as people write it: ISO 8601 (UTC where it says nothing else), or a span from now such as 90d, 12h or 30m.</summary>
internal static class Moment
{
    /// <exception cref="FormatException">It is neither.</exception>
    public static DateTimeOffset Parse(string text, DateTimeOffset now)
    {
        if (text.Length > 1 && "dhm".Contains(text[^1], StringComparison.Ordinal) && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count < 100_000)
            return now + (text[^1] switch { 'd' => TimeSpan.FromDays(count), 'h' => TimeSpan.FromHours(count), _ => TimeSpan.FromMinutes(count) });
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? at
            : throw new FormatException($"'{text}' is neither an ISO 8601 time nor a span such as 90d, 12h or 30m.");
    }

    public static DateTimeOffset? ParseOptional(string? text, DateTimeOffset now) => string.IsNullOrWhiteSpace(text) ? null : Parse(text.Trim(), now);
}
