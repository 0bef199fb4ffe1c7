using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Nexus.Web.Configuration;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Backups.PointInTime;

/// <summary>A base backup of the private PostgreSQL: <c>base-YYYYMMDD-HHMMSS</c> in the folder of its cluster, with pg_basebackup's two archives.</summary>
/// <param name="EndedAt">From here on, with the archived WAL, every moment can be recovered.</param>
/// <param name="FirstSegment">No older WAL segment is needed for it.</param>
internal sealed record StoredBase(string Directory, DateTimeOffset EndedAt, string FirstSegment, long Bytes)
{
    /// <summary>Of its cluster.</summary>
    [JsonIgnore]
    public string Home => Path.GetDirectoryName(Directory)!;

    /// <summary>Whether the archive goes on from it without a gap: one comes where archiving was off for a while.</summary>
    [JsonIgnore]
    public bool IsWhole
    {
        get
        {
            var segments = Segments(Home).Select(segment => Number(segment.Name)).Where(number => number >= Number(FirstSegment)).ToHashSet();
            return segments.Count == 0 || (ulong)segments.Count == segments.Max() - Number(FirstSegment) + 1;
        }
    }

    /// <summary>The archived segments of a cluster.</summary>
    public static IEnumerable<(string Name, string Path)> Segments(string home) => !System.IO.Directory.Exists(WalArchive.SegmentsIn(home)) ? []
        : System.IO.Directory.EnumerateFiles(WalArchive.SegmentsIn(home), "*.gz").Select(path => (Name: Path.GetFileNameWithoutExtension(path), path)).Where(segment => segment.Name.Length == 24);

    /// <summary>Where a segment of 16 MB stands in the WAL, whatever its timeline.</summary>
    private static ulong Number(string segment) => (ulong.Parse(segment.AsSpan(8, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture) * 256) + ulong.Parse(segment.AsSpan(16, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}

/// <summary>The base backups on disk; like the other backups they are their own record.</summary>
internal sealed class StoredBases(WalArchive archive, TimeProvider time)
{
    public const string UnfinishedSuffix = ".unfinished";
    private const string Record = "nexus.json";

    /// <summary>Of every cluster that there was, newest first.</summary>
    public List<StoredBase> List() => !System.IO.Directory.Exists(archive.Root) ? []
        : [.. System.IO.Directory.EnumerateDirectories(archive.Root).SelectMany(ListOf).OrderByDescending(stored => stored.EndedAt)];

    /// <summary>Of one cluster, newest first.</summary>
    public static List<StoredBase> ListOf(string home) => !System.IO.Directory.Exists(home) ? []
        : [.. System.IO.Directory.EnumerateDirectories(home, "base-*").Where(path => File.Exists(Path.Combine(path, Record)))
            .Select(path => JsonSerializer.Deserialize<StoredBase>(File.ReadAllText(Path.Combine(path, Record)), JsonSerializerOptions.Web)! with { Directory = path })
            .OrderByDescending(stored => stored.EndedAt)];

    /// <summary>An empty directory that only this process's user can look into.</summary>
    public string New(string home)
    {
        foreach (var left in System.IO.Directory.EnumerateDirectories(home, "base-*" + UnfinishedSuffix))
            System.IO.Directory.Delete(left, recursive: true);
        return PrivateFiles.MakeDirectory(Path.Combine(home, $"base-{time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}{UnfinishedSuffix}")).FullName;
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
    public int Prune(string home)
    {
        var bases = ListOf(home);
        var bound = time.GetUtcNow().AddDays(-archive.Days);
        var needed = bases.FindIndex(stored => stored.EndedAt <= bound);
        if (needed >= 0)
            foreach (var gone in bases.Skip(needed + 1))
                System.IO.Directory.Delete(gone.Directory, recursive: true);
        if (ListOf(home).LastOrDefault() is not { } oldest)
            return 0;
        // As pg_archivecleanup compares: without the timeline, the first eight digits.
        var expired = StoredBase.Segments(home).Where(segment => string.CompareOrdinal(segment.Name[8..], oldest.FirstSegment[8..]) < 0).ToList();
        expired.ForEach(segment => File.Delete(segment.Path));
        return expired.Count;
    }
}
