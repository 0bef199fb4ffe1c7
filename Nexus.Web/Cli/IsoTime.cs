using System.Globalization;

namespace Nexus.Web.Cli;

/// <summary>An option's time: ISO 8601, UTC without an offset.</summary>
internal static class IsoTime
{
    /// <exception cref="FormatException">It is none.</exception>
    public static DateTimeOffset Parse(string option, string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment) ? moment
            : throw new FormatException($"{option}: '{text}' is no time such as 2026-11-01 or 2026-11-01T12:00:00Z.");
}
