using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Alerts;

/// <summary>When somebody has to be told.</summary>
/// <param name="Unit">Of the value and the threshold; empty where it is only yes or no.</param>
/// <param name="Threshold">Fires from this value on.</param>
/// <param name="For">How long the condition must hold before it fires.</param>
/// <param name="Clear">How long it must be over before the alert is resolved, so that one that comes and goes is one alert.</param>
/// <param name="Renotify">Between messages of one that goes on; zero: one is enough.</param>
/// <param name="Advice">What to do about it.</param>
internal sealed record AlertRule(string Id, string Title, string Unit, double Threshold, string Severity, TimeSpan For, TimeSpan Clear, TimeSpan Renotify, string Advice)
{
    public const string Warning = "warning";
    public const string Critical = "critical";

    /// <summary>The one rule that is about the database itself.</summary>
    public const string Database = "database";

    public bool Enabled { get; init; } = true;

    /// <summary>Fires up to the threshold rather than from it on.</summary>
    public bool Below { get; init; }

    /// <summary>Names of the channels that are told; null: all that are set up.</summary>
    public IReadOnlyList<string>? Channels { get; init; }

    public string? ChangedBy { get; init; }

    public DateTimeOffset? ChangedAt { get; init; }

    public bool Holds(double value) => Enabled && (Below ? value <= Threshold : value >= Threshold);

    /// <summary>The rule as an operator changed it.</summary>
    public AlertRule With(AlertRuleRow? row) => row is null ? this : this with
    {
        Enabled = row.Enabled,
        Threshold = row.Threshold,
        Severity = row.Severity,
        For = TimeSpan.FromSeconds(row.ForSeconds),
        Clear = TimeSpan.FromSeconds(row.ClearSeconds),
        Renotify = TimeSpan.FromSeconds(row.RenotifySeconds),
        Channels = row.Channels,
        ChangedBy = row.UpdatedBy,
        ChangedAt = row.UpdatedAt,
    };
}
