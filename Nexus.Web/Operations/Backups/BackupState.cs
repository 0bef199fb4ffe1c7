using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Backups;

/// <summary>
/// How the backups of the database stand, whichever node looks: nodes that do not share BACKUP_DIR have files of their own, and what their runs
/// left in the database counts as well. The alert, the check and the pages go by this one judgement.
/// </summary>
/// <param name="Damaged">What this node's last drill could not restore, unless another node's has succeeded since.</param>
/// <param name="Verified">When the newest was made that was restored as a test.</param>
/// <param name="Oldest">When there first was something to verify; null: there never was.</param>
/// <param name="Newest">When the last was made.</param>
internal sealed record BackupState(StoredBackup? Damaged, DateTimeOffset? Verified, DateTimeOffset? Oldest, DateTimeOffset? Newest)
{
    /// <summary>Drills looked at: the newest of each node that had any lately.</summary>
    private const int Drills = 20;

    /// <summary>Before the first drill the oldest tells how long there has been something to verify.</summary>
    public bool IsTooOld(TimeSpan most, DateTimeOffset now) => (Verified ?? Oldest) is { } since && now - since > most;

    /// <summary>Of this node's files alone, for when the database cannot be asked.</summary>
    public static BackupState Of(List<StoredBackup> files) => Of(files, [], null, null);

    public static async Task<BackupState> ReadAsync(List<StoredBackup> files, NexusDbContext db, CancellationToken cancellation)
    {
        var drills = await db.JobRuns.AsNoTracking().Where(run => run.Job == RestoreDrillJob.Id && run.Outcome == JobRuns.Succeeded).OrderByDescending(run => run.StartedAt).Take(Drills)
            .Select(run => new { run.StartedAt, run.Result }).ToListAsync(cancellation);
        var made = db.JobRuns.Where(run => run.Job == DatabaseBackupJob.Id && run.Outcome == JobRuns.Succeeded);
        var (first, last) = (await made.MinAsync(run => (DateTimeOffset?)run.StartedAt, cancellation), await made.MaxAsync(run => (DateTimeOffset?)run.StartedAt, cancellation));
        return Of(files, [.. drills.Select(drill => (drill.StartedAt, MadeAt(drill.Result)))], first, last);
    }

    private static BackupState Of(List<StoredBackup> files, List<(DateTimeOffset At, DateTimeOffset? MadeAt)> drills, DateTimeOffset? first, DateTimeOffset? last)
    {
        var judged = files.Find(backup => backup.Verified is not null);
        var damaged = judged is { Verified: { Problem: not null } verdict } && !drills.Exists(drill => drill.At > verdict.At) ? judged : null;
        return new(damaged, drills.Select(drill => drill.MadeAt).Append(files.Find(backup => backup.Verified is { Problem: null })?.MadeAt).Max(),
            new[] { files.LastOrDefault()?.MadeAt, first }.Min(), new[] { files.FirstOrDefault()?.MadeAt, last }.Max());
    }

    /// <summary>When the backup was made that a drill restored; null when it does not say.</summary>
    private static DateTimeOffset? MadeAt(string? result)
    {
        using var json = JsonDocument.Parse(result ?? "[]");
        return json.RootElement.ValueKind != JsonValueKind.Array ? null
            : json.RootElement.EnumerateArray().Select(file => file.TryGetProperty("file", out var name) ? BackupStore.TimeOf("database", name.GetString() ?? "") : null).Max();
    }
}
