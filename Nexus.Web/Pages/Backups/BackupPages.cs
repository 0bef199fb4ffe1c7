using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Backups.PointInTime;
using Nexus.Web.Operations.Health.Probes;
using Nexus.Web.Pages.Jobs;
using Nexus.Web.Pages.Shared.Backups;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Backups;

/// <summary>What the page Backups shows.</summary>
internal sealed class BackupPages(BackupStore store, JobPages jobs, WalArchive archive, StoredBases bases, NexusDbContext db, IOptions<BackupOptions> options, TimeProvider time)
{
    private static readonly (string Id, string Verb)[] Jobs =
    [
        (DatabaseBackupJob.Id, "Back up the database"), (CredentialsBackupJob.Id, "Back up credentials"), (RestoreDrillJob.Id, "Verify the newest"),
    ];

    public List<BackupLine> List() => [.. store.All().Select(stored => Line(stored.Kind, stored.Backup))];

    private static BackupLine Line(string kind, StoredBackup backup) => new(
        backup.Name, kind, backup.MadeAt, backup.Bytes, backup.Manifest?.Database?.Rows.Values.Sum() ?? backup.Manifest?.Files?.Count, backup.Manifest?.Holds,
        backup.Verified?.At, backup.Verified?.Problem);

    public async Task<List<BackupJobLine>> JobsAsync(CancellationToken cancellation)
    {
        var lines = (await jobs.ListAsync([.. Jobs.Select(job => job.Id)], cancellation)).ToDictionary(line => line.Id);
        return [.. Jobs.Select(job => lines[job.Id].Last is { } last
            ? new BackupJobLine(job.Id, job.Verb, last.Running, last.Progress, last.Summary, last.Error, last.At)
            : new BackupJobLine(job.Id, job.Verb, false, null, null, null, null))];
    }

    /// <summary>Which moments can be recovered; null where BACKUP_PITR is off.</summary>
    public RecoverableMoments? Moments() => (archive.IsOn, bases.List().LastOrDefault()) switch
    {
        (false, _) => null,
        (_, var oldest) => new(BaseBackupJob.Id, oldest?.EndedAt),
    };

    /// <summary>Red when the newest backup is damaged, or the newest that was restored as a test is too old.</summary>
    public async Task<BackupWarning?> WarningAsync(CancellationToken cancellation)
    {
        var state = await BackupState.ReadAsync(store.List("database"), db, cancellation);
        if (state.Newest is null)
            return null;
        var finding = BackupsProbe.Judge(state, TimeSpan.FromHours(options.Value.MaxAgeHours), time.GetUtcNow());
        return finding.Fix is not { } fix ? null : new(finding.Status == HealthStatus.Unhealthy ? "bad" : "warn", finding.Text, fix);
    }
}
