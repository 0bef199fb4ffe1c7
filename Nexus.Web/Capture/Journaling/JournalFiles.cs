using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Nexus.Web.Configuration;

namespace Nexus.Web.Capture.Journaling;

/// <summary>The segment files of one journal directory, their headers, the checkpoint and the lock.</summary>
internal sealed class JournalFiles : IDisposable
{
    /// <summary>"NXSEG001" and the 16 bytes of the run that wrote the segment.</summary>
    public const int SegmentHeaderLength = 24;

    private readonly string _directory;
    private readonly FileStream _lock;

    /// <exception cref="IOException">Another process uses the directory, or it cannot be written.</exception>
    public JournalFiles(string directory)
    {
        _directory = directory;
        try
        {
            // It holds what people write: DATA_DIR itself is open to passers-by, for the private PostgreSQL's user.
            PrivateFiles.MakeDirectory(directory);
            _lock = new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The journal in {directory} is in use by another Nexus process, or cannot be written ({error.Message}). Stop the other process, or give this one its own DATA_DIR.", error);
        }
    }

    /// <summary>Whether an error says that the disk refuses. Past a limit of file size .NET says so as an argument's error.</summary>
    public static bool IsDisk(Exception error) => error is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    public IReadOnlyList<long> Segments() =>
        [.. Directory.EnumerateFiles(_directory, "*.journal")
            .Select(path => long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)
            .Where(number => number >= 0)
            .Order()];

    public SafeFileHandle Create(long segment, Guid run)
    {
        var handle = File.OpenHandle(PathOf(segment), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var header = new byte[SegmentHeaderLength];
        "NXSEG001"u8.CopyTo(header);
        run.TryWriteBytes(header.AsSpan(8));
        try
        {
            RandomAccess.Write(handle, header, 0);
            return handle;
        }
        catch
        {
            // On a full disk the file is made and its header refused: left behind, it would be in the way of every later try.
            handle.Dispose();
            Delete(segment);
            throw;
        }
    }

    public SafeFileHandle OpenRead(long segment) => File.OpenHandle(PathOf(segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>The run that wrote a segment; empty when its header is damaged.</summary>
    public static Guid RunOf(SafeFileHandle segment)
    {
        Span<byte> header = stackalloc byte[SegmentHeaderLength];
        return RandomAccess.Read(segment, header, 0) == SegmentHeaderLength && header[..8].SequenceEqual("NXSEG001"u8) ? new Guid(header[8..]) : Guid.Empty;
    }

    public void Delete(long segment) => File.Delete(PathOf(segment));

    /// <summary>Keeps a damaged segment for inspection, once per segment.</summary>
    public void KeepCopy(long segment) => File.Copy(PathOf(segment), PathOf(segment) + ".corrupt", overwrite: true);

    /// <summary>The position before which everything that ended is stored.</summary>
    public JournalPosition ReadCheckpoint()
    {
        var words = File.Exists(CheckpointPath) ? File.ReadAllText(CheckpointPath).Split(' ') : [];
        if (words.Length == 2 && Number(words[0]) is { } segment && Number(words[1]) is { } offset && offset <= LengthOf(segment))
            return new JournalPosition(segment, offset);
        // Without a checkpoint everything is delivered again, and the database keeps what it has. One that points past what is
        // there is removed: in time the journal would reach it, and take for stored what is not.
        File.Delete(CheckpointPath);
        return default;
    }

    public void WriteCheckpoint(JournalPosition position)
    {
        var temporary = CheckpointPath + ".new";
        File.WriteAllText(temporary, string.Create(CultureInfo.InvariantCulture, $"{position.Segment} {position.Offset}"));
        File.Move(temporary, CheckpointPath, overwrite: true);
    }

    public void Dispose() => _lock.Dispose();

    private long LengthOf(long segment) => new FileInfo(PathOf(segment)) is { Exists: true } file ? file.Length : -1;

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private string CheckpointPath => Path.Combine(_directory, "checkpoint");

    private string PathOf(long segment) => Path.Combine(_directory, segment.ToString("D16", CultureInfo.InvariantCulture) + ".journal");
}

/// <summary>A place in the journal; ordered as written.</summary>
internal readonly record struct JournalPosition(long Segment, long Offset) : IComparable<JournalPosition>
{
    public int CompareTo(JournalPosition other) => Segment != other.Segment ? Segment.CompareTo(other.Segment) : Offset.CompareTo(other.Offset);

    public static bool operator <(JournalPosition left, JournalPosition right) => left.CompareTo(right) < 0;

    public static bool operator >(JournalPosition left, JournalPosition right) => left.CompareTo(right) > 0;

    public static bool operator <=(JournalPosition left, JournalPosition right) => left.CompareTo(right) <= 0;

    public static bool operator >=(JournalPosition left, JournalPosition right) => left.CompareTo(right) >= 0;
}
