using System.Globalization;
using System.Text.Json;
using Nexus.Web.Configuration;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Backups.PointInTime;

/// <summary>A base backup of the private PostgreSQL: <c>base-YYYYMMDD-HHMMSS</c> with pg_basebackup's two archives.</summary>
/// <param name="EndedAt">From here on, with the archived WAL, every moment can be recovered.</param>
/// <param name="FirstSegment">No older WAL segment is needed for it.</param>
internal sealed record StoredBase(string Directory, DateTimeOffset EndedAt, string FirstSegment, long Bytes);

/// <summary>The base backups on disk; like the other backups they are their own record.</summary>
internal sealed class StoredBases(WalArchive archive, TimeProvider time)
{
    public const string UnfinishedSuffix = ".unfinished";
    private const string Record = "nexus.json";

    /// <summary>Newest first.</summary>
    public List<StoredBase> List() => !System.IO.Directory.Exists(archive.Root)
        ? []
        : [.. System.IO.Directory.EnumerateDirectories(archive.Root, "base-*").Where(path => File.Exists(Path.Combine(path, Record)))
            .Select(path => JsonSerializer.Deserialize<StoredBase>(File.ReadAllText(Path.Combine(path, Record)), JsonSerializerOptions.Web)! with { Directory = path })
            .OrderByDescending(stored => stored.EndedAt)];

    /// <summary>An empty directory that only this process's user can look into.</summary>
    public string New()
    {
        PrivateFiles.MakeDirectory(archive.Root);
        foreach (var left in System.IO.Directory.EnumerateDirectories(archive.Root, "base-*" + UnfinishedSuffix))
            System.IO.Directory.Delete(left, recursive: true);
        return PrivateFiles.MakeDirectory(Path.Combine(archive.Root, $"base-{time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}{UnfinishedSuffix}")).FullName;
    }

    public StoredBase Finish(string unfinished, string firstSegment)
    {
        var bytes = new DirectoryInfo(unfinished).EnumerateFiles().Sum(file => file.Length);
        var stored = new StoredBase(unfinished[..^UnfinishedSuffix.Length], time.GetUtcNow(), firstSegment, bytes);
        BackupStore.WritePrivately(Path.Combine(unfinished, Record), JsonSerializer.Serialize(stored, JsonSerializerOptions.Web));
        System.IO.Directory.Move(unfinished, stored.Directory);
        return stored;
    }

    /// <summary>Deletes what no moment of the last days needs: bases before the newest one that is older than that, and WAL before the oldest base left.</summary>
    /// <returns>How many segments went.</returns>
    public int Prune()
    {
        var bases = List();
        var bound = time.GetUtcNow().AddDays(-archive.Days);
        var needed = bases.FindIndex(stored => stored.EndedAt <= bound);
        if (needed >= 0)
            foreach (var gone in bases.Skip(needed + 1))
                System.IO.Directory.Delete(gone.Directory, recursive: true);
        if (List().LastOrDefault() is not { } oldest || !System.IO.Directory.Exists(archive.Segments))
            return 0;
        // As pg_archivecleanup compares: without the timeline, the first eight digits.
        var expired = System.IO.Directory.EnumerateFiles(archive.Segments, "*.gz")
            .Where(path => Path.GetFileNameWithoutExtension(path) is { Length: 24 } name && string.CompareOrdinal(name[8..], oldest.FirstSegment[8..]) < 0).ToList();
        expired.ForEach(File.Delete);
        return expired.Count;
    }
}
