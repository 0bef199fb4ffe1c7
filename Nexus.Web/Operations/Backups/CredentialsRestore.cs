using System.Globalization;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;

namespace Nexus.Web.Operations.Backups;

/// <param name="Restored">Files of the backup.</param>
/// <param name="Others">Files that are not in it and stay as they are.</param>
/// <param name="KeptIn">Where the replaced files are now; null when none was replaced.</param>
internal sealed record RestoredCredentials(IReadOnlyList<string> Restored, IReadOnlyList<string> Others, string? KeptIn);

/// <summary>Puts a credentials backup back: all of it is opened and compared first, then each file takes its place in one step; what it replaces is kept.</summary>
internal sealed class CredentialsRestore(BackupStore store, IOptions<BackupOptions> options, TimeProvider time)
{
    /// <exception cref="InvalidDataException">The backup cannot be used; nothing is changed.</exception>
    public async Task<RestoredCredentials> RunAsync(StoredBackup backup, bool dryRun, CancellationToken cancellation)
    {
        var target = Path.GetFullPath(store.CredentialsDirectory);
        var stamp = time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        // On the same file system, so that files change places by rename.
        var staging = Path.Combine(target, CredentialsBackup.StagingPrefix + stamp);
        PrivateFiles.MakeDirectory(target);
        PrivateFiles.MakeDirectory(staging);
        try
        {
            var files = await CredentialsArchive.ExtractAsync(backup.Path, backup.Manifest, options.Value.Passphrase, staging, cancellation);
            var others = Directory.EnumerateFiles(target).Select(path => Path.GetFileName(path)!).Except(files).Order(StringComparer.Ordinal).ToList();
            var replaced = files.Where(file => File.Exists(Path.Combine(target, file))).ToList();
            if (dryRun)
                return new(files, others, null);
            var kept = replaced.Count == 0 ? null : Keep(target, replaced, Path.Combine(store.DirectoryOf("credentials"), "replaced-" + stamp));
            foreach (var file in files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(target, file))!);
                File.Move(Path.Combine(staging, file), Path.Combine(target, file), overwrite: true);
            }

            return new(files, others, kept);
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    private static string Keep(string target, List<string> files, string directory)
    {
        PrivateFiles.MakeDirectory(directory);
        foreach (var file in files)
        {
            var copy = Path.Combine(directory, file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(target, file), copy, overwrite: true);
        }

        return directory;
    }
}
