using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Nexus.Web.Capture;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Health.Probes;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Pages.Shared.Morning;
using Nexus.Web.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Pages.Morning;

/// <summary>What the overview says beside its figures, the same for all who look.</summary>
internal sealed record Facts(DateTimeOffset AsOf, IReadOnlyList<ErrorKind> Errors, IReadOnlyList<FailedJob> Jobs, IReadOnlyList<AccountWindowRow> Windows, BackupGlance Backups);

/// <summary>Reads them at most every 30 seconds, for however many pages are open: errors by kind are in the ledger alone, and the backups are files.</summary>
internal sealed class MorningFacts(Database database, IDbContextFactory<NexusDbContext> contexts, BackupStore store, JobPlans plans, IOptions<BackupOptions> options, TimeProvider time) : IDisposable
{
    private const int MostKinds = 6;

    /// <summary>Kinds of errors since $2, with how often each was between $1 and $2; found through ix_requests_failed, however many requests went well.</summary>
    public static readonly string ErrorsSql = $"""
        SELECT coalesce(error_type, outcome) || CASE WHEN status IS NULL THEN '' ELSE ' (' || status || ')' END, count(*) FILTER (WHERE started_at >= $2), count(*) FILTER (WHERE started_at < $2)
        FROM requests WHERE started_at >= $1 AND outcome IN ({Outcomes.FailedSql}) GROUP BY 1 HAVING count(*) FILTER (WHERE started_at >= $2) > 0 ORDER BY 2 DESC, 1 LIMIT {MostKinds}
        """;

    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile Facts? _last;

    public async Task<Facts> ReadAsync(CancellationToken cancellation)
    {
        if (Fresh() is { } known)
            return known;
        await _one.WaitAsync(cancellation);
        try
        {
            return Fresh() ?? (_last = await ReadAsync(time.GetUtcNow(), cancellation));
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>What was done just now is to be seen just now.</summary>
    public void Forget() => _last = null;

    public void Dispose() => _one.Dispose();

    private Facts? Fresh() => _last is { } last && time.GetUtcNow() - last.AsOf is var age && age >= TimeSpan.Zero && age < Kept ? last : null;

    private async Task<Facts> ReadAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var since = now.AddDays(-1);
        var runs = await db.JobRuns.AsNoTracking().Where(run => run.StartedAt >= since && JobRuns.Failures.Contains(run.Outcome)).OrderByDescending(run => run.StartedAt).Take(500)
            .Select(run => new { run.Job, run.StartedAt, run.Error }).ToListAsync(cancellation);
        var failed = runs.Select(run => run.Job).Distinct().ToList();
        var good = failed.Count == 0 ? [] : await db.JobRuns.AsNoTracking().Where(run => failed.Contains(run.Job) && run.StartedAt >= since && run.Outcome == JobRuns.Succeeded)
            .GroupBy(run => run.Job).Select(group => new { group.Key, At = group.Max(run => run.StartedAt) }).ToDictionaryAsync(row => row.Key, row => row.At, cancellation);
        var jobs = runs.GroupBy(run => run.Job).Select(group => new FailedJob(group.Key, group.Count(), group.First().StartedAt, group.First().Error, good.TryGetValue(group.Key, out var at) && at > group.First().StartedAt));
        return new(now, await ErrorsAsync(now, cancellation), [.. jobs.OrderBy(job => job.Recovered).ThenByDescending(job => job.At)], await db.AccountWindows.AsNoTracking().ToListAsync(cancellation), await BackupsAsync(db, now, cancellation));
    }

    private async Task<List<ErrorKind>> ErrorsAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = database.DataSource.CreateCommand(ErrorsSql);
        foreach (var at in new[] { now.AddDays(-2), now.AddDays(-1) })
            command.Parameters.Add(new NpgsqlParameter { Value = at, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var kinds = new List<ErrorKind>();
        while (await reader.ReadAsync(cancellation))
            kinds.Add(new(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2)));
        return kinds;
    }

    private async Task<BackupGlance> BackupsAsync(NexusDbContext db, DateTimeOffset now, CancellationToken cancellation)
    {
        var backups = store.List("database");
        var state = await BackupState.ReadAsync(backups, db, cancellation);
        var finding = BackupsProbe.Judge(state, TimeSpan.FromHours(options.Value.MaxAgeHours), now);
        var drill = backups.Select(backup => backup.Verified).OfType<Verification>().MaxBy(verified => verified.At);
        var next = plans.NextRuns();
        return new(
            // Another node's run has made it where this one's files have none.
            backups.FirstOrDefault()?.MadeAt ?? state.Newest, backups.FirstOrDefault()?.Bytes, drill?.At, drill?.Problem, next.GetValueOrDefault(DatabaseBackupJob.Id), next.GetValueOrDefault(RestoreDrillJob.Id),
            finding.Status switch { HealthStatus.Healthy => "good", HealthStatus.Degraded => "warn", _ => "bad" }, finding.Text, finding.Fix);
    }
}
