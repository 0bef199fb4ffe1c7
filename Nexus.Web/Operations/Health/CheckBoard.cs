using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.Web.Operations.Logs;
using Checked = Microsoft.Extensions.Diagnostics.HealthChecks.HealthReport;

namespace Nexus.Web.Operations.Health;

/// <summary>How one check stands.</summary>
/// <param name="Since">When its state became what it is.</param>
/// <param name="CheckedAt">When it was last looked at.</param>
/// <param name="LastError">What it last found that was not fine; stays when that is over.</param>
internal sealed record CheckState(string Name, string Title, [property: JsonIgnore] HealthStatus Status, DateTimeOffset Since, DateTimeOffset CheckedAt, string Summary, string? Fix, string? LastError, DateTimeOffset? LastErrorAt)
{
    public string State => Finding.Word(Status);
}

/// <summary>The last states of all checks: what the page and /health?details=true read. The framework runs the checks in the background and publishes here.</summary>
internal sealed partial class CheckBoard(IEnumerable<IProbe> probes, HealthCheckService checks, SecretMask mask, TimeProvider time, ILogger<CheckBoard> logger) : IHealthCheckPublisher
{
    private readonly IReadOnlyList<IProbe> _probes = [.. probes];
    private readonly ConcurrentDictionary<string, CheckState> _states = new();

    /// <summary>In the order in which they are registered; those that have not been looked at yet are missing.</summary>
    public IReadOnlyList<CheckState> States => [.. _probes.Select(probe => _states.GetValueOrDefault(probe.Name)).OfType<CheckState>()];

    /// <summary>Looks at everything now.</summary>
    public async Task RefreshAsync(CancellationToken cancellation) => await PublishAsync(await checks.CheckHealthAsync(cancellation), cancellation);

    public Task PublishAsync(Checked report, CancellationToken cancellationToken)
    {
        foreach (var (name, entry) in report.Entries)
            if (_probes.FirstOrDefault(probe => probe.Name == name) is { } probe)
                Take(probe, entry);
        return Task.CompletedTask;
    }

    private void Take(IProbe probe, HealthReportEntry entry)
    {
        var now = time.GetUtcNow();
        var summary = mask.Apply(entry.Description ?? entry.Exception?.Message ?? "");
        var before = _states.GetValueOrDefault(probe.Name);
        var changed = before?.Status != entry.Status;
        var bad = entry.Status != HealthStatus.Healthy;
        _states[probe.Name] = new(probe.Name, probe.Title, entry.Status, changed ? now : before!.Since, now, summary, entry.Data.GetValueOrDefault(ProbeCheck.Fix) as string,
            bad ? summary : before?.LastError, bad ? now : before?.LastErrorAt);
        if (changed && (before is not null || bad))
            Log.Changed(logger, bad && before is not null ? LogLevel.Warning : LogLevel.Information, probe.Name, Finding.Word(entry.Status), summary);
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "health_changed", Message = "Check {Check} is now {State}: {Summary}")]
        public static partial void Changed(ILogger logger, LogLevel level, string check, string state, string summary);
    }
}
