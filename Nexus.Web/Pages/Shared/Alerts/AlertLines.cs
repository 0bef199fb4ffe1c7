namespace Nexus.Web.Pages.Shared.Alerts;

/// <summary>An alert as the pages show it.</summary>
/// <param name="State"><c>pending</c>, <c>firing</c>, <c>acknowledged</c> or <c>resolved</c>.</param>
/// <param name="Href">Where it can be looked into.</param>
public sealed record AlertLine(
    Guid Id, string Rule, string Title, string Subject, string Severity, string State, string Summary, string Advice, string? Href, DateTimeOffset StartedAt, DateTimeOffset? FiredAt,
    DateTimeOffset? AcknowledgedAt, string? AcknowledgedBy, DateTimeOffset? ResolvedAt, bool Silenced)
{
    public string Tone => State switch { "resolved" => "good", "firing" => Severity == "critical" ? "bad" : "warn", _ => "" };
}

/// <summary>A rule with what of it can be changed.</summary>
/// <param name="Unit">Empty: it is only yes or no, and has no threshold.</param>
public sealed record AlertRuleLine(
    string Id, string Title, string Unit, bool Below, bool Enabled, double Threshold, string Severity, TimeSpan For, TimeSpan Clear, TimeSpan Renotify, IReadOnlyList<string>? Channels, string Advice,
    string? ChangedBy, DateTimeOffset? ChangedAt)
{
    public string Condition => string.Join(", ", new[]
    {
        Unit.Length == 0 ? null : FormattableString.Invariant($"{(Below ? "at most" : "from")} {Threshold:0.##} {Unit}"), For > TimeSpan.Zero ? $"for {Kit.Display.Milliseconds(For.TotalMilliseconds)}" : "at once",
    }.OfType<string>());
}

public sealed record SilenceLine(Guid Id, string Rule, string Subject, DateTimeOffset EndsAt, string Reason, string By, bool Over);

/// <param name="Target">Where it leads, without secrets; null: it is not set up.</param>
/// <param name="Variables">What sets it up.</param>
public sealed record ChannelLine(string Name, string Title, string? Target, string Variables);

public sealed record DeliveryLine(Guid Id, string Channel, string Kind, string Title, string State, int Attempts, DateTimeOffset At, DateTimeOffset? SentAt, DateTimeOffset NextAt, string? Error)
{
    public string Tone => State switch { "sent" => "good", "failed" => "bad", _ => "warn" };
}

/// <summary>What the page Alerts shows; only the lists of its view are filled.</summary>
/// <param name="View">firing, history, rules, silences or channels.</param>
/// <param name="Open">How many are firing or acknowledged.</param>
public sealed record AlertsPart(string View, int Open)
{
    public IReadOnlyList<AlertLine> Alerts { get; init; } = [];
    public IReadOnlyList<AlertRuleLine> Rules { get; init; } = [];
    public IReadOnlyList<SilenceLine> Silences { get; init; } = [];
    public IReadOnlyList<ChannelLine> Channels { get; init; } = [];
    public IReadOnlyList<DeliveryLine> Deliveries { get; init; } = [];

    /// <summary>Address of the rest.</summary>
    public string? Older { get; init; }
}
