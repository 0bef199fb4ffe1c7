using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.Limits;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Operations.Resources;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Alerts;

/// <summary>What is common to all nodes: one of them asks for it.</summary>
internal sealed class SharedSources(Database database, UsageReadings usage, SampleReadings samples, DiskForecast disks, BackupStore backups, IOptions<BackupOptions> backupOptions, TimeProvider time)
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
        new(["backup"], false, _ => Task.FromResult(Backups())),
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
        var readings = new List<Reading>();
        foreach (var job in Schedule.All)
        {
            var last = await db.JobRuns.AsNoTracking().Where(run => run.Job == job.Id && run.Outcome != JobRuns.Running && run.Outcome != JobRuns.Stopped).OrderByDescending(run => run.StartedAt)
                .Select(run => new { run.Outcome, run.Error, run.StartedAt }).FirstOrDefaultAsync(cancellation);
            if (last is { Outcome: not JobRuns.Succeeded })
                readings.Add(new("job", job.Id, 1, FormattableString.Invariant($"{job.Id} {Words(last.Outcome)} at {last.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC: {last.Error}"), "/dashboard/job/" + job.Id));
        }

        return readings;
    }

    private IReadOnlyList<Reading> Backups()
    {
        var most = TimeSpan.FromHours(backupOptions.Value.MaxAgeHours);
        var stored = backups.List("database");
        if (stored.Find(backup => backup.Verified is not null) is { Verified.Problem: { } problem } damaged)
            return [new("backup", "", 1, $"The drill of {damaged.Name} failed: {problem}", "/dashboard/backups")];
        // Before the first drill the oldest backup tells how long there has been something to verify.
        var since = stored.Find(backup => backup.Verified is { Problem: null })?.MadeAt ?? stored.LastOrDefault()?.MadeAt;
        return since is { } at && time.GetUtcNow() - at > most
            ? [new("backup", "", 1, FormattableString.Invariant($"No backup is verified that is younger than {most.TotalHours:0} hours."), "/dashboard/backups")] : [];
    }

    private NexusDbContext Open() => new(NexusDbOptions.Of(database.JobsDataSource));

    private static string Words(string outcome) => outcome switch { JobRuns.TimedOut => "used up its time", JobRuns.Interrupted => "was killed with its node", _ => outcome };
}
