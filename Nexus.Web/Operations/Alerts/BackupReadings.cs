using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Alerts;

/// <summary>Whether a backup was restored as a test that is young enough, whichever node looks.</summary>
internal sealed class BackupReadings(Database database, BackupStore backups, IOptions<BackupOptions> options, TimeProvider time)
{
    public const string Missing = "backup-missing";
    private const string Page = "/dashboard/backups";

    public async Task<IReadOnlyList<Reading>> ReadAsync(CancellationToken cancellation)
    {
        var most = TimeSpan.FromHours(options.Value.MaxAgeHours);
        await using var db = new NexusDbContext(NexusDbOptions.Of(database.JobsDataSource));
        var state = await BackupState.ReadAsync(backups.List("database"), db, cancellation);
        if (state.Damaged is { Verified.Problem: { } problem } damaged)
            return [new("backup", "", 1, $"The drill of {damaged.Name} failed: {problem}", Page)];
        var now = time.GetUtcNow();
        if (state.Verified is not null || state.Oldest is not null)
            return state.IsTooOld(most, now) ? [new("backup", "", 1, FormattableString.Invariant($"No backup is verified that is younger than {most.TotalHours:0} hours."), Page)] : [];
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
}
