namespace Nexus.Web.Operations.Logs;

/// <summary>Which lines of the log are meant; what is null does not matter.</summary>
internal sealed record LogFilter
{
    public static readonly string[] Levels = ["debug", "info", "warn", "error"];

    /// <summary>The least of <see cref="Levels"/>.</summary>
    public string? Level { get; init; }

    public string? Service { get; init; }

    /// <summary>The category, or what it begins with: <c>Proxy</c>, <c>Operations.Jobs</c>, <c>Npgsql</c>.</summary>
    public string? Source { get; init; }

    public string? Domain { get; init; }

    public string? RequestId { get; init; }

    /// <summary>Anywhere in the line, in any case.</summary>
    public string? Text { get; init; }

    public DateTimeOffset? From { get; init; }

    /// <summary>The first moment that does not belong to it.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Without reading the line: false when it cannot match.</summary>
    public bool MayMatch(string json) => Has(json, Text) && Has(json, RequestId) && Has(json, Domain);

    public bool Matches(LogLine line) =>
        (Level is null || Array.IndexOf(Levels, line.Level) >= Array.IndexOf(Levels, Level))
        && (Service is null || line.Service == Service)
        && (Source is null || line.Source.StartsWith(Source, StringComparison.OrdinalIgnoreCase) || line.Source.StartsWith("Nexus.Web." + Source, StringComparison.OrdinalIgnoreCase))
        && (Domain is null || string.Equals(line.Domain, Domain, StringComparison.OrdinalIgnoreCase))
        && (RequestId is null || string.Equals(line.RequestId, RequestId, StringComparison.OrdinalIgnoreCase))
        && (From is null || line.At >= From) && (To is null || line.At < To)
        && Has(line.Json, Text);

    /// <summary>Lines are in the file of the day on which they were written, a moment after they were logged.</summary>
    public bool MayHold(LogFile file) =>
        (From is not { } from || file.Day >= DateOnly.FromDateTime(from.UtcDateTime))
        && (To is not { } to || file.Day <= DateOnly.FromDateTime(to.UtcDateTime.AddMinutes(1)));

    /// <exception cref="FormatException">It is no level.</exception>
    public static string? ReadLevel(string? text) => string.IsNullOrEmpty(text) ? null
        : Levels.Contains(text.ToLowerInvariant()) ? text.ToLowerInvariant() : throw new FormatException($"'{text}' is no level: debug, info, warn or error.");

    private static bool Has(string json, string? text) => text is null || json.Contains(text, StringComparison.OrdinalIgnoreCase);
}
