using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Health;

namespace Nexus.Web.Operations.Backups;

/// <summary>Archives CREDENTIALS_DIR, encrypted when BACKUP_PASSPHRASE is set.</summary>
internal sealed partial class CredentialsBackup(BackupStore store, IOptions<BackupOptions> options, TimeProvider time, ILogger<CredentialsBackup> logger)
{
    public const string Lock = "credentials-backup";

    /// <summary>Work in progress of a restore, inside the directory.</summary>
    public const string StagingPrefix = ".restoring-";

    /// <summary>Credential files are a few KB each; more than this is not one.</summary>
    private const long MostBytes = 64 << 20;

    public bool HasFiles => Paths().Count > 0;

    /// <exception cref="InvalidOperationException">There is nothing to archive, or too much.</exception>
    public async Task<BackupManifest> RunAsync(CancellationToken cancellation)
    {
        var paths = Paths();
        if (paths.Count == 0)
            throw new InvalidOperationException($"There are no files in {store.CredentialsDirectory} (CREDENTIALS_DIR), so there is nothing to back up.");
        store.Prune("credentials");
        var encrypted = options.Value.Passphrase.Length > 0;
        var path = store.NewPath("credentials", encrypted ? "tar.gz.enc" : "tar.gz", time.GetUtcNow());
        try
        {
            var (files, sums) = await WriteAsync(path + BackupStore.UnfinishedSuffix, paths, encrypted, cancellation);
            var manifest = new BackupManifest("credentials", encrypted ? "tar.gz.enc" : "tar.gz", Path.GetFileName(path), time.GetUtcNow(),
                $"CREDENTIALS_DIR: {BackupWords.Files(files.Count)} with their modes{(encrypted ? ", encrypted (openssl enc -d -aes-256-cbc -pbkdf2)" : "")}.", sums, HealthState.Version)
            { Files = files };
            BackupStore.Finish(path, manifest);
            Log.Made(logger, manifest.File, files.Count);
            store.Prune("credentials");
            return manifest;
        }
        catch
        {
            File.Delete(path + BackupStore.UnfinishedSuffix);
            throw;
        }
    }

    private async Task<(List<ArchivedFile> Files, FileSums Sums)> WriteAsync(string path, List<string> paths, bool encrypted, CancellationToken cancellation)
    {
        await using var file = new CheckedFile(path);
        var files = new List<ArchivedFile>();
        await using (var cipher = encrypted ? OpensslCipher.Encrypt(file, options.Value.Passphrase) : null)
        await using (var gzip = new GZipStream(cipher ?? (Stream)file, CompressionLevel.Optimal, leaveOpen: true))
        await using (var tar = new TarWriter(gzip, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var source in paths)
            {
                var bytes = await File.ReadAllBytesAsync(source, cancellation);
                var name = Path.GetRelativePath(store.CredentialsDirectory, source);
                var mode = File.GetUnixFileMode(source);
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { Mode = mode, ModificationTime = File.GetLastWriteTimeUtc(source), DataStream = new MemoryStream(bytes) }, cancellation);
                files.Add(new(name, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)), Convert.ToString((int)mode, 8)));
            }
        }

        return (files, file.Complete());
    }

    private List<string> Paths()
    {
        if (!Directory.Exists(store.CredentialsDirectory))
            return [];
        var paths = Directory.EnumerateFiles(store.CredentialsDirectory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(path => !Path.GetRelativePath(store.CredentialsDirectory, path).StartsWith(StagingPrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        var size = paths.Sum(path => new FileInfo(path).Length);
        return size <= MostBytes ? paths : throw new InvalidOperationException($"{store.CredentialsDirectory} (CREDENTIALS_DIR) has {size} bytes: more than credential files are. Something else is in it.");
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "backup_made", Level = LogLevel.Information, Message = "Backup {File} is made: {Count} files.")]
        public static partial void Made(ILogger logger, string file, int count);
    }
}
