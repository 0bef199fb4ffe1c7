using Microsoft.EntityFrameworkCore;
using Nexus.Web.Access.Limits;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Operations.Resources;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Alerts;

/// <summary>What is common to all nodes: one of them asks for it.</summary>
internal sealed class SharedSources(Database database, UsageReadings usage, SampleReadings samples, DiskForecast disks, BackupReadings backups, TimeProvider time)
{
    public IEnumerable<AlertSource> All() =>
    [
        new AlertSource(["latency"], false, usage.LatencyAsync).AtMostEvery(TimeSpan.FromMinutes(1), time),
        new(["errors"], false, usage.ErrorsAsync),
        new AlertSource(["unpriced"], false, usage.UnpricedAsync).AtMostEvery(TimeSpan.FromMinutes(1), time),
        new(["memory", "cpu", "disk"], false, samples.NowAsync),
        new AlertSource(["disk-forecast"], false, DisksAsync).AtMostEvery(TimeSpan.FromMinutes(10), time),
        new(["account"], false, AccountsAsync),
        new(["budget"], false, BudgetsAsync),
        new(["job"], false, JobsAsync),
        new(["backup", BackupReadings.Missing], false, backups.ReadAsync),
    ];

    private async Task<IReadOnlyList<Reading>> DisksAsync(CancellationToken cancellation) =>
        [.. (await disks.ReadAsync(cancellation)).Where(disk => disk.DaysLeft is not null).Select(disk => new Reading("disk-forecast", disk.Name, disk.DaysLeft!.Value, DiskForecastJob.Words(disk) + ".", "/dashboard/resources"))];

    private async Task<IReadOnlyList<Reading>> AccountsAsync(CancellationToken cancellation)
    {
        await using var db = Open();
        var now = time.GetUtcNow();
        var windows = await db.AccountWindows.AsNoTracking().Where(row => row.Utilization != null && row.ResetsAt > now).OrderBy(row => row.AccountId).Take(1000).ToListAsync(cancellation);
        return [.. windows.Select(row => new Reading("account", $"{row.AccountId} {row.WindowName}", row.Utilization!.Value * 100, FormattableString.Invariant($"Account {row.AccountId} has used {row.Utilization * 100:0} % of its window {row.WindowName}; it resets at {row.ResetsAt:yyyy-MM-dd HH:mm} UTC."), "/dashboard/token-usage"))];
    }

    /// <summary>One for each threshold that is passed: the next one is news again.</summary>
    private async Task<IReadOnlyList<Reading>> BudgetsAsync(CancellationToken cancellation)
    {
        await using var db = Open();
        var now = time.GetUtcNow();
        var readings = new List<Reading>();
        foreach (var state in (await new LimitStates(db, time).ReadAsync(cancellation)).Where(state => state.Limit.Enabled && state.Used > 0))
        {
            var budget = state.Budget(now);
            var share = budget > 0 ? state.Used!.Value * 100.0 / budget : 0;
            var of = state.Subject.Length == 0 ? "" : $" ({state.Limit.Scope} {state.Subject})";
            foreach (var threshold in state.Limit.Thresholds.Append(100).Distinct().Where(threshold => share >= threshold))
                readings.Add(new("budget", $"{state.Limit.Name}{of} {threshold} %", share, FormattableString.Invariant($"{state.Limit.Name}{of} has used {share:0} % of its budget: {Refusals.Amount(state.Limit, state.Used!.Value)} of {Refusals.Amount(state.Limit, budget)}."), "/dashboard/budget/" + state.Limit.Id));
        }

        return readings;
    }

    private async Task<IReadOnlyList<Reading>> JobsAsync(CancellationToken cancellation)
    {
        await using var db = Open();
        string[] jobs = [.. Schedule.All.Select(job => job.Id)];
        var last = await db.JobRuns.FromSql($"""
            SELECT run.* FROM unnest({jobs}) AS known (job) CROSS JOIN LATERAL (
                SELECT * FROM job_runs WHERE job = known.job AND outcome NOT IN ({JobRuns.Running}, {JobRuns.Stopped}) ORDER BY started_at DESC LIMIT 1) AS run
            """).AsNoTracking().Where(run => JobRuns.Failures.Contains(run.Outcome)).Select(run => new { run.Job, run.Outcome, run.Error, run.StartedAt }).ToListAsync(cancellation);
        return [.. last.Select(run => new Reading("job", run.Job, 1, FormattableString.Invariant($"{run.Job} {Words(run.Outcome)} at {run.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC: {run.Error}"), "/dashboard/job/" + run.Job))];
    }

    private NexusDbContext Open() => new(NexusDbOptions.Of(database.JobsDataSource));

    private static string Words(string outcome) => outcome switch { JobRuns.TimedOut => "used up its time", JobRuns.Interrupted => "was killed with its node", _ => outcome };
}
