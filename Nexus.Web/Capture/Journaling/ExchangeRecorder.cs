using System.Buffers;
using System.Text.Json;

namespace Nexus.Web.Capture.Journaling;

/// <summary>
/// Records one exchange. Used by one request at a time, except <see cref="End"/>, which may race and counts once. Holds only
/// the bytes that are not in the journal yet.
/// </summary>
internal sealed class ExchangeRecorder(Journal journal, Guid id, long arrivalTimestamp, bool shed, byte[]? unwrittenStart)
{
    /// <summary>What is kept of each end of a shed answer: message_start and message_delta, which carry the usage, lie there.</summary>
    private const int ShedEnd = 16 * 1024;

    private readonly ArrayBufferWriter<byte> _pending = new(512);
    private readonly List<Arrival> _arrivals = [];
    private byte[]? _unwrittenStart = unwrittenStart;
    private AnswerMetadata? _answer;
    private long _received;
    private int _ended;

    /// <summary>Bytes received that a crash would lose.</summary>
    public int Uncommitted => _pending.WrittenCount;

    public long ReceivedBytes => _received;

    /// <summary>Microseconds since the request's arrival.</summary>
    public long ElapsedMicros => (long)journal.Time.GetElapsedTime(arrivalTimestamp).TotalMicroseconds;

    public void Answered(AnswerMetadata answer) => _answer = answer;

    public void Received(ReadOnlySpan<byte> bytes)
    {
        _arrivals.Add(new Arrival(_received, ElapsedMicros));
        _received += bytes.Length;
        _pending.Write(bytes);
        // Without a limit here a disk that refuses writes would let a long answer grow in memory.
        if (_pending.WrittenCount > (shed ? 8 * ShedEnd : 4 << 20))
            KeepEnds();
    }

    /// <summary>On return everything received so far is in the journal. A shed exchange is written at its end alone.</summary>
    public void Commit()
    {
        if (!shed && _pending.WrittenCount > 0 && Volatile.Read(ref _ended) == 0)
            Write(RecordKind.Bytes, null);
    }

    /// <summary>Ends the exchange; the first call counts.</summary>
    public void End(EndMetadata end)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        if (shed)
            KeepEnds();
        // A start that the disk refused is tried once more, without its body, so that the ledger has the row.
        if (_unwrittenStart is { } start && journal.Append(RecordKind.Start, shed: true, id, start, []))
            _unwrittenStart = null;
        Write(RecordKind.End, end);
    }

    private void Write(RecordKind kind, EndMetadata? end)
    {
        var metadata = JsonSerializer.SerializeToUtf8Bytes(new AnswerRecord(_answer, ArrivalCodec.Encode(_arrivals), end), JournalJson.Default.AnswerRecord);
        if (journal.Append(kind, shed, id, metadata, _pending.WrittenCount == 0 ? [] : [_pending.WrittenMemory]))
        {
            _answer = null;
            _arrivals.Clear();
            _pending.ResetWrittenCount();
        }
    }

    private void KeepEnds()
    {
        if (_pending.WrittenCount <= 2 * ShedEnd)
            return;
        var all = _pending.WrittenSpan;
        byte[] kept = [.. all[..ShedEnd], .. all[^ShedEnd..]];
        _pending.ResetWrittenCount();
        _pending.Write(kept);
        _arrivals.Clear();
    }
}
