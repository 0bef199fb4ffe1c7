using Nexus.Web.Operations.Jobs;

namespace Nexus.Web.Operations.Backups;

/// <summary>A backup of the whole database.</summary>
internal sealed class DatabaseBackupJob(DatabaseBackup backup) : IJob
{
    public const string Id = DatabaseBackup.Lock;

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var made = await backup.RunAsync(context.Connection, new(), progress => context.ReportAsync(new($"{progress.Bytes >> 20} MB are dumped.", progress, progress.Share)), cancellation);
        return new($"{made.File}: {BackupWords.Size(made)}, {BackupWords.Rows(made)}.", new { made.File, made.Sums.Bytes, made.Sums.Sha256, made.Database!.Rows }, 1);
    }
}
