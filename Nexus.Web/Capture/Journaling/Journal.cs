using System.Buffers;
using System.Collections.Concurrent;
using MemoryPack;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;
using Nexus.Web.Configuration;

namespace Nexus.Web.Capture.Journaling;

/// <summary>
/// The append-only journal between the request path and the database, and the only queue between them. Written with plain
/// writes (the page cache survives a killed process) and fsynced each second; ingest reads exchanges back from the files, so
/// memory stays bounded however long the database is away. Trouble with the disk is counted and never reaches a caller.
/// </summary>
internal sealed partial class Journal : IDisposable
{
    /// <summary>Ended exchanges kept in memory while the disk refuses writes; at most 32 KiB of answer each.</summary>
    private const int MostOwed = 2000;

    private readonly Lock _appending = new();
    private readonly JournalOptions _options;
    private readonly ILogger<Journal> _logger;
    private readonly SemaphoreSlim _appended = new(0, 1);
    /// <summary>A payload up to here is copied behind its header, which costs less than handing the kernel two buffers.</summary>
    private const int MostCopied = 16 * 1024;

    private readonly ConcurrentQueue<ExchangeRecorder> _owed = new();
    private readonly FullSegments _full = new();
    private SafeFileHandle? _handle;
    private long _segment;
    private long _length;
    private long _bytesOnDisk;
    private long _ended;
    private long _acknowledged;
    private long _shed;
    private long _failures;
    private long _corrupt;
    private long _oldestTicks;
    private volatile bool _writable = true;
    private volatile bool _dirty;

    public Journal(IOptions<DataOptions> data, IOptions<JournalOptions> options, TimeProvider time, ILogger<Journal> logger)
    {
        _options = options.Value;
        _logger = logger;
        Time = time;
        Files = new JournalFiles(data.Value.JournalDirectory);
        Files.ReadCheckpoint(); // one that points past the end is dropped before anything is written that it would hide
        var segments = Files.Segments();
        _segment = FirstOwnSegment = segments.Count == 0 ? 1 : segments[^1] + 1;
        foreach (var segment in segments)
            using (var handle = Files.OpenRead(segment))
                _bytesOnDisk += RandomAccess.GetLength(handle);
    }

    public TimeProvider Time { get; }

    public JournalFiles Files { get; }

    public Guid Run { get; } = Guid.NewGuid();

    /// <summary>Segments below this one were written by earlier runs.</summary>
    public long FirstOwnSegment { get; }

    public JournalStatus Status
    {
        get
        {
            var backlog = Math.Max(0, Interlocked.Read(ref _ended) - Interlocked.Read(ref _acknowledged));
            var oldest = Interlocked.Read(ref _oldestTicks);
            return new(backlog, Interlocked.Read(ref _bytesOnDisk), backlog > 0 && oldest > 0 ? new DateTimeOffset(oldest, TimeSpan.Zero) : null,
                Interlocked.Read(ref _shed), Interlocked.Read(ref _failures), Interlocked.Read(ref _corrupt), _writable);
        }
    }

    /// <summary>Everything before this place is whole and readable.</summary>
    public JournalPosition Written
    {
        get
        {
            lock (_appending)
                return new JournalPosition(_segment, _length);
        }
    }

    /// <summary>Writes the start record of an exchange; the recorder takes what follows.</summary>
    /// <param name="id">UUIDv7 of <paramref name="start"/>'s time.</param>
    /// <param name="start">Headers already masked.</param>
    /// <param name="arrivalTimestamp"><see cref="TimeProvider.GetTimestamp"/> at the request's arrival.</param>
    /// <param name="requestBody">Copied before this returns.</param>
    public ExchangeRecorder Begin(Guid id, StartMetadata start, long arrivalTimestamp, ReadOnlyMemory<byte> requestBody)
    {
        var shed = Interlocked.Read(ref _bytesOnDisk) > _options.MaxBytes;
        if (shed)
            Interlocked.Increment(ref _shed);
        var metadata = MemoryPackSerializer.Serialize(start);
        var written = Append(RecordKind.Start, shed, id, metadata, shed ? default : requestBody);
        return new ExchangeRecorder(this, id, arrivalTimestamp, shed, written ? null : metadata);
    }

    /// <summary>Appends one record; false when the disk refused it.</summary>
    internal bool Append(RecordKind kind, bool shed, Guid id, byte[] metadata, ReadOnlyMemory<byte> payload)
    {
        var length = JournalRecord.HeaderLength + (long)metadata.Length + payload.Length;
        var separate = payload.Length > MostCopied;
        var head = ArrayPool<byte>.Shared.Rent(JournalRecord.HeaderLength + metadata.Length + (separate ? 0 : payload.Length));
        var headLength = JournalRecord.Write(head, kind, shed, id, metadata, payload.Span, separate);
        try
        {
            lock (_appending)
            {
                if (_handle is null || (_length > JournalFiles.SegmentHeaderLength && _length + length > _options.SegmentBytes))
                    Roll();
                if (separate)
                    RandomAccess.Write(_handle!, [head.AsMemory(0, headLength), payload], _length);
                else
                    RandomAccess.Write(_handle!, head.AsSpan(0, headLength), _length);
                _length += length;
                Interlocked.Add(ref _bytesOnDisk, length);
                _dirty = true;
            }
        }
        catch (Exception error) when (JournalFiles.IsDisk(error))
        {
            Failed(error);
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(head);
        }

        if (!_writable)
        {
            _writable = true;
            Log.Writable(_logger);
        }

        if (kind == RecordKind.End)
            Ended();
        return true;
    }

    /// <summary>Keeps an exchange whose end the disk refused, to try again with each flush; the oldest give way to new ones.</summary>
    internal void Owe(ExchangeRecorder recorder)
    {
        _owed.Enqueue(recorder);
        if (_owed.Count > MostOwed && _owed.TryDequeue(out _))
            Interlocked.Increment(ref _failures);
    }

    /// <summary>Hands everything written so far to the disk, while others append. For one caller at a time.</summary>
    public void Flush()
    {
        while (_owed.TryPeek(out var recorder) && recorder.TryFinish())
            _owed.TryDequeue(out _);
        if (!_dirty)
            return;
        _dirty = false;
        SafeFileHandle? current;
        lock (_appending)
            current = _handle;
        while (_full.TakeOldest() is { } full)
        {
            Flush(full);
            full.Dispose();
        }

        if (current is not null)
            Flush(current);
    }

    private void Flush(SafeFileHandle handle)
    {
        try
        {
            RandomAccess.FlushToDisk(handle);
        }
        catch (ObjectDisposedException)
        {
            // It was full and read, and is deleted.
        }
        catch (Exception error) when (JournalFiles.IsDisk(error))
        {
            Failed(error);
        }
    }

    /// <summary>Waits until something was appended, or the slow tick that guards against a lost signal.</summary>
    internal Task<bool> WaitForAppendAsync(CancellationToken cancellation) => _appended.WaitAsync(TimeSpan.FromSeconds(5), cancellation);

    internal void Acknowledged(long exchanges)
    {
        Interlocked.Add(ref _acknowledged, exchanges);
        Interlocked.Exchange(ref _oldestTicks, Time.GetUtcNow().UtcTicks);
    }

    internal void Recovered() => Interlocked.Increment(ref _ended);

    /// <summary>Moves the checkpoint. Where the disk refuses it, the old one holds: after a restart more is delivered again.</summary>
    internal void Checkpoint(JournalPosition position)
    {
        try
        {
            Files.WriteCheckpoint(position);
        }
        catch (Exception error) when (JournalFiles.IsDisk(error))
        {
            Failed(error);
        }
    }

    /// <summary>Counts and reports damaged bytes, and keeps a copy of their segment while there is room for one.</summary>
    internal void Corrupt(long bytes, long segment, long offset, bool keepCopy)
    {
        Interlocked.Add(ref _corrupt, bytes);
        Log.Corrupt(_logger, bytes, segment, offset);
        try
        {
            if (keepCopy)
                Files.KeepCopy(segment);
        }
        catch (Exception error) when (JournalFiles.IsDisk(error))
        {
            Failed(error);
        }
    }

    /// <summary>Deletes a segment that nobody reads any more; what of it is not on the disk yet need not go there.</summary>
    internal void Delete(long segment, long bytes)
    {
        _full.Take(segment)?.Dispose();
        Interlocked.Add(ref _bytesOnDisk, -bytes);
        Files.Delete(segment);
    }

    public void Dispose()
    {
        Flush();
        _handle?.Dispose();
        Files.Dispose();
        _appended.Dispose();
    }

    private void Roll()
    {
        if (_handle is not null)
        {
            // Its fsync is the flusher's: nobody who appends waits for a disk.
            _full.Add(_segment, _handle);
            _handle = null;
            _segment++;
        }

        _handle = Files.Create(_segment, Run);
        _length = JournalFiles.SegmentHeaderLength;
        Interlocked.Add(ref _bytesOnDisk, _length);
    }

    private void Ended()
    {
        if (Interlocked.Increment(ref _ended) - Interlocked.Read(ref _acknowledged) == 1)
            Interlocked.Exchange(ref _oldestTicks, Time.GetUtcNow().UtcTicks);
        try
        {
            if (_appended.CurrentCount == 0)
                _appended.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another exchange ended at the same moment and woke the reader already.
        }
    }

    private void Failed(Exception error)
    {
        Interlocked.Increment(ref _failures);
        if (_writable)
            Log.NotWritable(_logger, error);
        _writable = false;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The journal cannot be written; proxying goes on, but what passes now may be missing from the ledger. Free space in DATA_DIR, or make it writable.")]
        public static partial void NotWritable(ILogger logger, Exception error);

        [LoggerMessage(LogLevel.Warning, "The journal can be written again.")]
        public static partial void Writable(ILogger logger);

        [LoggerMessage(LogLevel.Error, "{Bytes} bytes of journal segment {Segment} at offset {Offset} are damaged and could not be read; a copy is kept beside it as .corrupt while the disk has room.")]
        public static partial void Corrupt(ILogger logger, long bytes, long segment, long offset);
    }
}
