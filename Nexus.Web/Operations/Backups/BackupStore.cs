using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Credentials;

namespace Nexus.Web.Operations.Backups;

/// <param name="Path">Of the backup's file.</param>
/// <param name="Manifest">Null when it cannot be read.</param>
internal sealed record StoredBackup(string Path, BackupManifest? Manifest, long Bytes, DateTimeOffset MadeAt, Verification? Verified)
{
    public string Name => System.IO.Path.GetFileName(Path);
}

/// <summary>What the last drill said of a backup (<c>FILE.verified.json</c>).</summary>
/// <param name="Problem">Null: it was restored and compared.</param>
internal sealed record Verification(DateTimeOffset At, string? Problem, string? Summary);

/// <summary>
/// The backups on disk: <c>database/backup-…</c>, <c>database/recent-…</c>, <c>database/moment-…</c> and <c>credentials/credentials-…</c>, each with its
/// manifest. The files are the record: it survives the database that they are of.
/// </summary>
internal sealed class BackupStore(IOptions<BackupOptions> options, IOptions<DataOptions> data, IOptions<CredentialOptions> credentials, TimeProvider time)
{
    public const string ManifestSuffix = ".json";
    public const string VerifiedSuffix = ".verified.json";
    public const string UnfinishedSuffix = ".unfinished";
    private static readonly TimeSpan AlwaysKept = TimeSpan.FromDays(1);
    private const string TimeFormat = "yyyyMMdd-HHmmss";

    private string Root => options.Value.Directory.Length > 0 ? options.Value.Directory : Path.Combine(data.Value.Directory, "backups");

    public string CredentialsDirectory => credentials.Value.Directory.Length > 0 ? credentials.Value.Directory : Path.Combine(data.Value.Directory, "credentials");

    public string DirectoryOf(string kind) => Path.Combine(Root, kind == "credentials" ? "credentials" : "database");

    /// <summary>A name that none has yet.</summary>
    public string NewPath(string kind, string extension, DateTimeOffset at)
    {
        PrivateFiles.MakeDirectory(Root);
        var directory = PrivateFiles.MakeDirectory(DirectoryOf(kind)).FullName;
        for (; ; at = at.AddSeconds(1))
        {
            var path = Path.Combine(directory, $"{Prefix(kind)}-{at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}.{extension}");
            if (!File.Exists(path) && !File.Exists(path + ManifestSuffix))
                return path;
        }
    }

    /// <summary>When a backup was made, by the name of its file; null when it is none.</summary>
    public static DateTimeOffset? TimeOf(string kind, string name)
    {
        var prefix = Prefix(kind) + "-";
        return name.StartsWith(prefix, StringComparison.Ordinal) && name.Length >= prefix.Length + TimeFormat.Length
            && DateTime.TryParseExact(name.AsSpan(prefix.Length, TimeFormat.Length), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? new DateTimeOffset(at) : null;
    }

    /// <summary>The manifest first: a backup without one would look like one made by hand.</summary>
    public static void Finish(string path, BackupManifest manifest)
    {
        WritePrivately(path + ManifestSuffix, manifest.ToJson());
        File.Move(path + UnfinishedSuffix, path, overwrite: true);
    }

    /// <summary>Newest first.</summary>
    public List<StoredBackup> List(string kind)
    {
        if (!System.IO.Directory.Exists(DirectoryOf(kind)))
            return [];
        return [.. new DirectoryInfo(DirectoryOf(kind)).EnumerateFiles($"{Prefix(kind)}-*")
            .Where(file => !file.Name.EndsWith(ManifestSuffix, StringComparison.Ordinal) && !file.Name.EndsWith(UnfinishedSuffix, StringComparison.Ordinal))
            .Select(file => Read(file.FullName)).OrderByDescending(backup => backup.MadeAt).ThenByDescending(backup => backup.Name, StringComparer.Ordinal)];
    }

    /// <summary>Of every kind, each newest first.</summary>
    public IEnumerable<(string Kind, StoredBackup Backup)> All() => new[] { "database", "recent", "moment", "credentials" }.SelectMany(kind => List(kind).Select(backup => (kind, backup)));

    /// <summary>By the name of its file alone; no path leads out of the store.</summary>
    public StoredBackup? Find(string name) => All().Select(stored => stored.Backup).FirstOrDefault(backup => backup.Name == name);

    public static StoredBackup Read(string path)
    {
        BackupManifest? manifest = null;
        Verification? verified = null;
        try
        {
            if (File.Exists(path + ManifestSuffix))
                manifest = BackupManifest.Parse(File.ReadAllText(path + ManifestSuffix), Path.GetFileName(path));
            if (File.Exists(path + VerifiedSuffix))
                verified = JsonSerializer.Deserialize<Verification>(File.ReadAllText(path + VerifiedSuffix), JsonSerializerOptions.Web);
        }
        catch (Exception error) when (error is InvalidDataException or JsonException or IOException or UnauthorizedAccessException)
        {
            // Listed without; the drill says what is wrong with it.
        }

        var info = new FileInfo(path);
        return new(path, manifest, info.Exists ? info.Length : 0, manifest?.MadeAt ?? info.LastWriteTimeUtc, verified);
    }

    public static void Record(StoredBackup backup, Verification verification) => WritePrivately(backup.Path + VerifiedSuffix, JsonSerializer.Serialize(verification, JsonSerializerOptions.Web));

    public static void Delete(StoredBackup backup)
    {
        foreach (var path in new[] { backup.Path, backup.Path + ManifestSuffix, backup.Path + VerifiedSuffix })
            File.Delete(path);
    }

    /// <summary>Deletes what retention does not keep, and what a killed run left half done. The newest verified one stays whatever its age, and so do those of the last day: somebody may have made one for a reason.</summary>
    /// <returns>Names of what went.</returns>
    public List<string> Prune(string kind)
    {
        if (!System.IO.Directory.Exists(DirectoryOf(kind)))
            return [];
        foreach (var left in System.IO.Directory.EnumerateFiles(DirectoryOf(kind), $"{Prefix(kind)}-*{UnfinishedSuffix}"))
            File.Delete(left);
        var all = List(kind);
        var verified = all.Find(backup => backup.Verified is { Problem: null });
        // A moment of three days ago that was recovered a minute ago is a new backup.
        DateTimeOffset Written(StoredBackup backup) => kind == "moment" ? File.GetLastWriteTimeUtc(backup.Path) : backup.MadeAt;
        var expired = BackupRetention.Parse(options.Value.Retention).Expired(all, Written).Where(backup => backup != verified && Written(backup) < time.GetUtcNow() - AlwaysKept).ToList();
        expired.ForEach(Delete);
        return [.. expired.Select(backup => backup.Name)];
    }

    public static void WritePrivately(string path, string text) =>
        PrivateFiles.Replace(path, path + UnfinishedSuffix, file => file.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    private static string Prefix(string kind) => kind switch { "database" => "backup", "recent" or "moment" or "credentials" => kind, _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no kind of backup") };
}
