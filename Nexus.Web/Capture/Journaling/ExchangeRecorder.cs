using System.Buffers;
using MemoryPack;

namespace Nexus.Web.Capture.Journaling;

/// <summary>
/// Records one exchange. Used by one request at a time, except <see cref="End"/>, which may race and counts once. Holds only
/// the bytes that are not in the journal yet.
/// </summary>
internal sealed class ExchangeRecorder(Journal journal, Guid id, long arrivalTimestamp, bool shed, byte[]? unwrittenStart)
{
    /// <summary>What is kept of each end of a shed answer: message_start and message_delta, which carry the usage, lie there.</summary>
    private const int ShedEnd = 16 * 1024;

    /// <summary>What of a shed answer is held until its end is known.</summary>
    private const int ShedAnswer = 1 << 20;

    private readonly ArrayBufferWriter<byte> _pending = new();
    private readonly List<Arrival> _arrivals = [];
    private byte[]? _unwrittenStart = unwrittenStart;
    private bool _shed = shed;
    private bool _keepWhole;
    private AnswerMetadata? _answer;
    private EndMetadata? _end;
    private long? _counted;
    private long _received;
    private long _kept;
    private int _ended;

    /// <summary>Makes of the answer what may reach the journal; null keeps it as it comes. Set before the answer begins.</summary>
    public Levels.AnswerFilter? Filter { get; set; }

    /// <summary>Bytes received that a crash would lose.</summary>
    public int Uncommitted => _pending.WrittenCount;

    public long ReceivedBytes => _received;

    /// <summary>Microseconds since the request's arrival.</summary>
    public long ElapsedMicros => (long)journal.Time.GetElapsedTime(arrivalTimestamp).TotalMicroseconds;

    public void Answered(AnswerMetadata answer)
    {
        _answer = answer = Filter?.Begin(answer) ?? answer;
        _counted = long.TryParse(answer.Headers.Find("content-length"), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var length) ? length : null;
        // The usage in a JSON body or inside a compression cannot be read from its two ends.
        _keepWhole = answer.Headers.Find("content-encoding") is not null
            || answer.Headers.Find("content-type")?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) == true;
    }

    public void Received(ReadOnlySpan<byte> bytes)
    {
        // What a filter holds back adds nothing to what an arrival could tell.
        if (Filter is null || _arrivals.Count == 0 || _arrivals[^1].Offset != _kept)
            _arrivals.Add(new Arrival(_kept, ElapsedMicros));
        _received += bytes.Length;
        if (_pending.Capacity == 0)
            _pending.GetSpan(Math.Max(bytes.Length, FirstBuffer(bytes.Length)));
        var before = _pending.WrittenCount;
        if (Filter is null)
            _pending.Write(bytes);
        else
            Filter.Take(bytes, _pending);
        _kept += _pending.WrittenCount - before;
        // Without a limit here a disk that refuses writes would let a long answer grow in memory.
        if (_pending.WrittenCount > (_shed ? ShedAnswer : 4 << 20))
            KeepEnds();
    }

    /// <summary>A counted answer takes what it says; a stream that was more than a few events at once will be larger still.</summary>
    private int FirstBuffer(int first) =>
        _counted is { } counted ? (int)Math.Clamp(counted, 1, 64 * 1024) : Math.Clamp(4 * first, 1024, 16 * 1024);

    /// <summary>On return everything received so far is in the journal. A shed exchange is written at its end alone.</summary>
    public void Commit()
    {
        if (!_shed && _pending.WrittenCount > 0 && Volatile.Read(ref _ended) == 0)
            Write(RecordKind.Bytes, null);
    }

    /// <summary>Ends the exchange; the first call counts.</summary>
    public void End(EndMetadata end)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        _end = end;
        Filter?.End(_pending);
        if (_shed && !(_keepWhole && _pending.WrittenCount <= ShedAnswer))
            KeepEnds();
        if (TryFinish())
            return;
        KeepEnds();
        journal.Owe(this);
    }

    /// <summary>Writes the end, and the start where the disk refused it; false when it still does.</summary>
    internal bool TryFinish() => Write(RecordKind.End, _end);

    private bool Write(RecordKind kind, EndMetadata? end)
    {
        // A start that the disk refused is tried again without its body, so that the ledger has the row.
        if (_unwrittenStart is { } start)
        {
            if (!journal.Append(RecordKind.Start, shed: true, id, start, default))
                return false;
            _unwrittenStart = null;
        }

        var metadata = MemoryPackSerializer.Serialize(new AnswerRecord(_answer, ArrivalCodec.Encode(_arrivals), end));
        if (!journal.Append(kind, _shed, id, metadata, _pending.WrittenMemory))
            return false;
        _answer = null;
        _arrivals.Clear();
        _pending.ResetWrittenCount();
        return true;
    }

    /// <summary>Cuts out the middle of what waits; the exchange is shed from then on.</summary>
    private void KeepEnds()
    {
        if (_pending.WrittenCount <= 2 * ShedEnd)
            return;
        var all = _pending.WrittenSpan;
        _shed = true;
        byte[] kept = [.. all[..ShedEnd], .. all[^ShedEnd..]];
        _pending.ResetWrittenCount();
        _pending.Write(kept);
        _arrivals.Clear();
    }
}
