using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.Web.Operations.Health;
using Nexus.Web.Operations.Health.Probes;

namespace Nexus.Web.Operations.Metrics;

/// <summary>What the checks of the page Health last saw: nothing is looked at for a scrape.</summary>
internal sealed class HealthMetrics
{
    public HealthMetrics(NexusMeter meter, CheckBoard board, JobFigures jobs, BackupsProbe backups, DiskProbe disk, MemoryProbe memory, TimeProvider time)
    {
        var own = meter.Meter;
        own.CreateObservableGauge("nexus.health.check", () => board.States.Select(state => Of(Level(state.Status), "check", state.Name)), description: "0: ok, 1: warning, 2: failure.");
        own.CreateObservableGauge("nexus.job.last_success.time", () => jobs.Last.Where(job => job.LastSuccess is not null).Select(job => Of(Unix(job.LastSuccess!.Value), "job", job.Job)), "s", "When a job last ended well, in seconds since 1970, on whatever node.");
        own.CreateObservableGauge("nexus.job.last_duration", () => jobs.Last.Where(job => job.Seconds is not null).Select(job => Of(job.Seconds!.Value, "job", job.Job)), "s", "What a job's last run took.");
        own.CreateObservableGauge("nexus.job.recent_failures", () => jobs.Last.Select(job => Of(job.Failures, "job", job.Job)), "{run}", "Runs of the last 24 hours that failed, ran out of time or were killed with their node.");
        own.CreateObservableGauge("nexus.backup.age", () => Ages(backups, kind => kind.Newest, time), "s", "Age of the newest backup.");
        own.CreateObservableGauge("nexus.backup.verified.age", () => Ages(backups, kind => kind.Verified, time), "s", "Age of the newest backup that was restored as a test.");
        own.CreateObservableGauge("nexus.backup.size", () => (backups.Last ?? []).Select(kind => Of(kind.Bytes, "kind", kind.Kind)), "By", "Size of the newest backup.");
        own.CreateObservableGauge("nexus.disk.free", () => One(disk.Last?.Free), "By", "Free bytes for DATA_DIR.");
        own.CreateObservableGauge("nexus.disk.size", () => One(disk.Last?.Size), "By", "Bytes of DATA_DIR's disk.");
        own.CreateObservableGauge("nexus.memory.used", () => One(memory.Last?.Used), "By", "Memory used in the container, or in the machine where no limit is set, without what is only cached.");
        own.CreateObservableGauge("nexus.memory.limit", () => One(memory.Last?.Limit), "By", "What there is of it.");
    }

    private static double Level(HealthStatus status) => status switch { HealthStatus.Healthy => 0, HealthStatus.Degraded => 1, _ => 2 };

    private static double Unix(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;

    private static Measurement<double> Of(double value, string label, string name) => new(value, new KeyValuePair<string, object?>(label, name));

    private static IEnumerable<Measurement<long>> One(long? value) => value is { } known ? [new(known)] : [];

    private static IEnumerable<Measurement<double>> Ages(BackupsProbe backups, Func<BackupTimes, DateTimeOffset?> of, TimeProvider time) =>
        (backups.Last ?? []).Where(kind => of(kind) is not null).Select(kind => Of((time.GetUtcNow() - of(kind)!.Value).TotalSeconds, "kind", kind.Kind));
}
