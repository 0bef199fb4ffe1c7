using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Alerts;

/// <summary>
/// Whether a backup was restored as a test that is young enough. Whichever node looks: nodes that do not share BACKUP_DIR have files of their own, and
/// what their runs left in the database counts as well.
/// </summary>
internal sealed class BackupReadings(Database database, BackupStore backups, IOptions<BackupOptions> options, TimeProvider time)
{
    public const string Missing = "backup-missing";
    private const string Page = "/dashboard/backups";

    /// <summary>Drills looked at: the newest of each node that had any lately.</summary>
    private const int Drills = 20;

    public async Task<IReadOnlyList<Reading>> ReadAsync(CancellationToken cancellation)
    {
        var most = TimeSpan.FromHours(options.Value.MaxAgeHours);
        var stored = backups.List("database");
        await using var db = new NexusDbContext(NexusDbOptions.Of(database.JobsDataSource));
        var drills = await db.JobRuns.AsNoTracking().Where(run => run.Job == RestoreDrillJob.Id && run.Outcome == JobRuns.Succeeded).OrderByDescending(run => run.StartedAt).Take(Drills)
            .Select(run => new { run.StartedAt, run.Result }).ToListAsync(cancellation);
        if (stored.Find(backup => backup.Verified is not null) is { Verified: { Problem: { } problem } verdict } damaged && !drills.Exists(drill => drill.StartedAt > verdict.At))
            return [new("backup", "", 1, $"The drill of {damaged.Name} failed: {problem}", Page)];
        var verified = drills.Select(drill => Verified(drill.Result)).Append(stored.Find(backup => backup.Verified is { Problem: null })?.MadeAt).Max();
        // Before the first drill the oldest backup tells how long there has been something to verify.
        var since = verified ?? new[] { stored.LastOrDefault()?.MadeAt, await FirstMadeAsync(db, cancellation) }.Min();
        var now = time.GetUtcNow();
        if (since is { } at)
            return now - at > most ? [new("backup", "", 1, FormattableString.Invariant($"No backup is verified that is younger than {most.TotalHours:0} hours."), Page)] : [];
        return await MissingAsync(db, now, cancellation) is { } missing ? [missing] : [];
    }

    /// <summary>Null while the clock does not make any, or nothing has run yet.</summary>
    private static async Task<Reading?> MissingAsync(NexusDbContext db, DateTimeOffset now, CancellationToken cancellation)
    {
        if (await JobPlans.FindAsync(db, DatabaseBackupJob.Id, cancellation) is not { Paused: false } || await db.JobRuns.MinAsync(run => (DateTimeOffset?)run.StartedAt, cancellation) is not { } begun)
            return null;
        var hours = (now - begun).TotalHours;
        return new(Missing, "", hours, FormattableString.Invariant($"No backup of the database was ever made, though jobs have run for {hours:0} hours."), Page);
    }

    private static async Task<DateTimeOffset?> FirstMadeAsync(NexusDbContext db, CancellationToken cancellation) =>
        await db.JobRuns.Where(run => run.Job == DatabaseBackupJob.Id && run.Outcome == JobRuns.Succeeded).MinAsync(run => (DateTimeOffset?)run.StartedAt, cancellation);

    /// <summary>When the backup was made that a drill restored; null when it does not say.</summary>
    private static DateTimeOffset? Verified(string? result)
    {
        using var json = JsonDocument.Parse(result ?? "[]");
        return json.RootElement.ValueKind != JsonValueKind.Array ? null
            : json.RootElement.EnumerateArray().Select(file => file.TryGetProperty("file", out var name) ? BackupStore.TimeOf("database", name.GetString() ?? "") : null).Max();
    }
}
