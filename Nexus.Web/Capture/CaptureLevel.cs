namespace Nexus.Web.Capture;

/// <summary>How much of an exchange is kept besides its ledger row.</summary>
internal enum CaptureLevel
{
    /// <summary>Every byte.</summary>
    Full,

    /// <summary>Every byte but secrets, e-mail addresses, card numbers and what CAPTURE_REDACT matches, which are replaced before anything is written.</summary>
    Redacted,

    /// <summary>No payload: sizes, times, identifiers and hashes.</summary>
    Metadata,

    /// <summary>What billing needs: key, model and tokens.</summary>
    Off,
}

internal static class CaptureLevels
{
    public static IReadOnlyList<string> All { get; } = ["full", "redacted", "metadata", "off"];

    public static string ToText(this CaptureLevel level) => All[(int)level];

    /// <exception cref="FormatException">It is none of <see cref="All"/>.</exception>
    public static CaptureLevel Parse(string text) =>
        TryParse(text) ?? throw new FormatException($"'{text}' is no capture level: one of {string.Join(", ", All)}.");

    public static CaptureLevel? TryParse(string? text) =>
        All.ToList().FindIndex(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is var index and >= 0 ? (CaptureLevel)index : null;
}
