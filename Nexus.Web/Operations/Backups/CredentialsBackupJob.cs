using Nexus.Web.Operations.Jobs;

namespace Nexus.Web.Operations.Backups;

/// <summary>A backup of the credential files.</summary>
internal sealed class CredentialsBackupJob(CredentialsBackup backup) : IJob
{
    public const string Id = CredentialsBackup.Lock;

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        if (!backup.HasFiles)
            return new("There are no credential files: callers bring their own credentials.", new { files = 0 }, 1);
        var made = await backup.RunAsync(cancellation);
        return new($"{made.File}: {BackupWords.Files(made.Files!.Count)}, {made.Sums.Bytes} bytes.", new { made.File, made.Sums.Bytes, made.Sums.Sha256, files = made.Files.Select(file => file.Name) }, 1);
    }
}
