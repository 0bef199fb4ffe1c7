using System.Globalization;
using Nexus.Web.Configuration;

namespace Nexus.Web.Operations.Logs;

/// <summary>
/// The log as files under <c>DATA_DIR/logs</c>, <c>nexus-YYYYMMDD-NNNN.jsonl</c>: a new part each day (UTC), each start and every
/// 16 MB, so that two processes on one directory never share a file. Bounded by days and by bytes; the oldest go first. Written
/// by the log's own thread. When a file cannot be written its lines are counted, standard output has them still.
/// </summary>
internal sealed class LogFiles(string directory, LogLimits limits, LogTail tail, TimeProvider time) : IDisposable
{
    /// <summary>Bytes after which a new part begins.</summary>
    private const long PartBytes = 16 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly byte[] _buffer = new byte[64 << 10];
    private readonly List<(long Offset, int Start, int Length)> _lines = [];
    private FileStream? _file;
    private LogPosition _position;
    private int _buffered;
    private DateTimeOffset _retryAt;
    private volatile bool _open;
    private volatile string? _problem;
    private long _lost;

    public string Directory => directory;

    /// <summary>Why nothing is kept at present; null while all is well.</summary>
    public string? Problem => _problem;

    /// <summary>Lines that no file has.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>From now on lines are kept: of a serving process, not of a command.</summary>
    public void Open() => _open = limits.MostBytes > 0;

    /// <summary>Of the log's thread alone.</summary>
    public void Add(ReadOnlySpan<byte> line)
    {
        if (!_open)
            return;
        if (_buffered + line.Length > _buffer.Length)
            Flush();
        if (line.Length > _buffer.Length || !Ready())
        {
            Interlocked.Increment(ref _lost);
            return;
        }

        line.CopyTo(_buffer.AsSpan(_buffered));
        _lines.Add((_position.Offset + _buffered, _buffered, line.Length));
        _buffered += line.Length;
    }

    /// <summary>Of the log's thread alone: writes what was added, and hands it to whoever follows.</summary>
    public void Flush()
    {
        if (_buffered == 0)
            return;
        try
        {
            _file!.Write(_buffer, 0, _buffered);
            tail.Publish(_position.File, _buffer, _lines);
            _position = _position with { Offset = _position.Offset + _buffered };
        }
        catch (Exception error) when (Capture.Journaling.JournalFiles.IsDisk(error))
        {
            Interlocked.Add(ref _lost, _lines.Count);
            Fail(error);
        }

        _buffered = 0;
        _lines.Clear();
    }

    public void Dispose()
    {
        Flush();
        _open = false;
        Close();
    }

    /// <summary>Whether there is a file for the next line.</summary>
    private bool Ready()
    {
        var now = time.GetUtcNow();
        if (_file is not null && _position.Offset + _buffered < PartBytes && _position.IsOf(DateOnly.FromDateTime(now.UtcDateTime)))
            return true;
        if (_file is null && now < _retryAt)
            return false;
        Flush();
        Close();
        try
        {
            PrivateFiles.MakeDirectory(directory);
            _position = NextPart(DateOnly.FromDateTime(now.UtcDateTime));
            _file = new FileStream(Path.Combine(directory, _position.FileName), Options());
            Prune(now);
            _problem = null;
            return true;
        }
        catch (Exception error) when (Capture.Journaling.JournalFiles.IsDisk(error))
        {
            Fail(error);
            return false;
        }
    }

    private static FileStreamOptions Options()
    {
        var options = PrivateFiles.Writing(FileMode.CreateNew);
        options.BufferSize = 0;
        return options;
    }

    private LogPosition NextPart(DateOnly day)
    {
        var last = LogFile.List(directory).LastOrDefault(file => file.Day == day)?.Part ?? 0;
        return new(string.Create(CultureInfo.InvariantCulture, $"{day:yyyyMMdd}-{last + 1:0000}"), 0);
    }

    private void Prune(DateTimeOffset now)
    {
        var files = LogFile.List(directory).Where(file => file.Name != _position.FileName).ToList();
        var before = limits.Retention.Bound(now) is { } bound ? DateOnly.FromDateTime(bound.UtcDateTime) : DateOnly.MinValue;
        var bytes = files.Sum(file => file.Bytes) + PartBytes;
        foreach (var file in files)
        {
            if (file.Day >= before && bytes <= limits.MostBytes)
                continue;
            File.Delete(file.Path);
            bytes -= file.Bytes;
        }
    }

    private void Fail(Exception error)
    {
        _problem = error.Message;
        _retryAt = time.GetUtcNow() + Patience;
        Close();
    }

    private void Close()
    {
        try
        {
            _file?.Dispose();
        }
        catch (IOException)
        {
            // What could not be written is counted already.
        }

        _file = null;
    }
}

/// <param name="MostBytes">Of all files; 0: none are kept.</param>
internal sealed record LogLimits(long MostBytes, Retention.RetentionAge Retention);
