using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.Web.Access;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Operations.Health;
using Nexus.Web.Proxy;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Alerts;

/// <summary>What a node knows of itself, from memory: it is seen also while the database is away.</summary>
internal sealed class NodeSources(Database database, CheckBoard checks, IServiceProvider services, UnknownCallers strangers, AuthFailures failures, TimeProvider time)
{
    private static readonly string Node = Environment.MachineName;
    private static readonly string[] ToldBefore = ["database", "jobs", "backups"];
    private readonly Journal? _journal = services.GetService<Journal>();

    public IEnumerable<AlertSource> All()
    {
        yield return AlertSource.Memory(AlertRule.Database, Away);
        var refused = new CounterWindow(TimeSpan.FromMinutes(5), () => strangers.Refused + failures.Count, time);
        yield return AlertSource.Memory("auth", () =>
        {
            var count = refused.Read();
            return new("auth", Node, count, $"{count} wrong keys and failed sign-ins in 5 minutes at {Node}.", "/dashboard/audit");
        });
        yield return new(["health"], true, _ => Task.FromResult(Failing()));
        if (_journal is null)
            yield break;
        var shed = new CounterWindow(TimeSpan.FromMinutes(15), () => _journal.Status.PayloadsShed, time);
        yield return AlertSource.Memory("journal", Backlog);
        yield return AlertSource.Memory("shed", () => shed.Read() is > 0 and var count ? new("shed", Node, count, $"{Node} kept {count} requests of the last 15 minutes without their bodies.", "/dashboard/requests") : null);
    }

    private Reading? Away()
    {
        var state = database.State;
        return state.Condition == DatabaseCondition.Ready ? null
            : new(AlertRule.Database, Node, 1, $"{Node} cannot use PostgreSQL{(state.LastError is { } error ? $": {error.TrimEnd('.')}" : " yet")}.");
    }

    /// <summary>Checks that do not work, each an alert of its own: who acknowledged one is told of the next. Those with a rule of their own are told by it.</summary>
    private IReadOnlyList<Reading> Failing() =>
        [.. checks.States.Where(check => check.Status == HealthStatus.Unhealthy && !ToldBefore.Contains(check.Name)).Select(check => new Reading("health", $"{Node}/{check.Name}", 1, $"{Node}: {check.Title}: {check.Summary}", "/dashboard/health"))];

    private Reading? Backlog()
    {
        var status = _journal!.Status;
        if (status.OldestUnacknowledged is not { } oldest)
            return null;
        var minutes = (time.GetUtcNow() - oldest).TotalMinutes;
        return new("journal", Node, minutes, string.Create(CultureInfo.InvariantCulture, $"{status.BacklogExchanges} requests of {Node} wait in the journal, the oldest for {minutes:0} minutes."), "/dashboard");
    }
}
