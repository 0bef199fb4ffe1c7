using MemoryPack;

namespace Nexus.Web.Capture.Journaling;

/// <summary>
/// Tails the journal in the order in which it was written and names exchanges once they have ended. For one reader at a time.
/// What was named is named again by <see cref="ReadAsync"/> after <see cref="Rewind"/>, or after a restart, until
/// <see cref="Acknowledge"/> says that it is stored; until then it can be read.
/// </summary>
internal sealed class JournalReader(Journal journal) : IDisposable
{
    private readonly Dictionary<long, SegmentReader> _segments = [];
    private readonly Dictionary<Guid, OpenExchange> _open = [];
    private readonly Queue<EndedExchange> _abandoned = [];
    private readonly ExchangeMemory _memory = new();
    private readonly List<EndedExchange> _delivered = [];
    private readonly HashSet<Guid> _unreadable = [];
    private readonly JournalPosition _checkpoint = journal.Files.ReadCheckpoint();
    private long _current = -1;
    private Guid _run;
    private bool _redeliver;

    /// <summary>Waits until at least one exchange has ended, then returns up to the given number and bytes of them.</summary>
    public async ValueTask<IReadOnlyList<EndedExchange>> ReadAsync(int maxExchanges, long maxBytes, CancellationToken cancellation)
    {
        if (_redeliver)
        {
            _redeliver = false;
            return _delivered;
        }

        if (_delivered.Count > 0)
            throw new InvalidOperationException("The last exchanges were neither acknowledged nor rewound.");
        while (true)
        {
            Fill(maxExchanges, maxBytes);
            if (_delivered.Count > 0)
                return _delivered;
            Forget();
            await journal.WaitForAppendAsync(cancellation);
        }
    }

    /// <summary>
    /// The exchange, or null where it cannot be read, which is reported. One after the other: its bodies lie in memory that the
    /// next one takes, still warm in the processor's cache.
    /// </summary>
    public RecordedExchange? Read(EndedExchange ended)
    {
        _memory.Reset();
        try
        {
            return ended.Exchange.Read(ended.End, _memory);
        }
        catch (Exception error) when (error is MemoryPackSerializationException or IOException)
        {
            var start = ended.Exchange.Start;
            if (_unreadable.Add(ended.Id))
                journal.Corrupt(start.Record.Length, start.Reader.Segment, start.Offset, keepCopy: false);
            return null;
        }
    }

    /// <summary>The next <see cref="ReadAsync"/> returns the same exchanges again.</summary>
    public void Rewind() => _redeliver = _delivered.Count > 0;

    /// <summary>Everything returned so far is stored: the checkpoint moves on, and segments that hold nothing else are deleted.</summary>
    public void Acknowledge()
    {
        journal.Acknowledged(_delivered.Count);
        _delivered.Clear();
        _unreadable.Clear();
        _redeliver = false;
        if (_abandoned.Count == 0 && _segments.TryGetValue(_current, out var reader))
            journal.Checkpoint(new JournalPosition(_current, reader.Offset));
        Forget();
    }

    public void Dispose()
    {
        foreach (var reader in _segments.Values)
            reader.Dispose();
    }

    private void Fill(int maxExchanges, long maxBytes)
    {
        long bytes = 0;
        while (_delivered.Count < maxExchanges && bytes < maxBytes)
        {
            if (_abandoned.TryDequeue(out var abandoned))
            {
                bytes += Deliver(abandoned);
                continue;
            }

            if (NextRecord() is not { } location)
            {
                if (_abandoned.Count > 0)
                    continue;
                return;
            }

            var record = location.Record;
            if (record.Kind == RecordKind.Start)
                _open[record.Id] = new OpenExchange(record.Id, location);
            else if (!_open.TryGetValue(record.Id, out var exchange))
                continue; // Its start was refused by the disk or lies in damaged bytes.
            else if (record.Kind == RecordKind.Bytes)
                exchange.Answers.Add(location);
            else
            {
                _open.Remove(record.Id);
                if (new JournalPosition(location.Reader.Segment, location.Offset) >= _checkpoint)
                    bytes += Deliver(new(exchange, location));
            }
        }
    }

    private Location? NextRecord()
    {
        while (true)
        {
            var written = journal.Written;
            if (_segments.TryGetValue(_current, out var reader))
            {
                var own = _current >= journal.FirstOwnSegment;
                // What this run wrote is intact: only an earlier run's records, which a crash may have torn, are checked.
                var end = _current == written.Segment ? written.Offset : reader.Length;
                if (reader.Offset < end && reader.Next(end, verify: !own) is { } next)
                    return new Location(reader, next.Offset, next.Record);
                if (_current == written.Segment)
                    return null;
            }

            if (!Advance() || _abandoned.Count > 0)
                return null;
        }
    }

    /// <summary>Opens the next segment. Where another run begins, what the last one left open was interrupted.</summary>
    private bool Advance()
    {
        var next = journal.Files.Segments().FirstOrDefault(segment => segment > _current, -1);
        if (next < 0)
            return _current < journal.FirstOwnSegment && AbandonAll(new JournalPosition(journal.FirstOwnSegment, 0));
        if (next > journal.Written.Segment)
            return false;
        var reader = new SegmentReader(journal, next);
        _segments[next] = reader;
        _current = next;
        // Which run wrote a segment with a damaged header nobody knows; an exchange that goes on in it must not be given up.
        if (reader.CheckedRun() is { } run && run != _run)
        {
            _run = run;
            AbandonAll(new JournalPosition(next, 0));
        }

        return true;
    }

    private bool AbandonAll(JournalPosition at)
    {
        foreach (var exchange in _open.Values)
            if (at >= _checkpoint)
                _abandoned.Enqueue(new(exchange, null));
        _open.Clear();
        return _abandoned.Count > 0;
    }

    private long Deliver(EndedExchange ended)
    {
        // An end of this run was counted into the backlog when it was written; one left over from an earlier run is counted now.
        if (ended.End is null || ended.End.Value.Reader.Segment < journal.FirstOwnSegment)
            journal.Recovered();
        _delivered.Add(ended);
        return ended.PayloadBytes;
    }

    /// <summary>Deletes the segments before the current one in which no exchange is open.</summary>
    private void Forget()
    {
        if (_delivered.Count > 0 || _abandoned.Count > 0)
            return;
        var kept = _open.Values.Select(exchange => exchange.Start.Reader.Segment).Append(_current).Min();
        foreach (var segment in _segments.Keys.Where(segment => segment < kept).ToList())
        {
            var reader = _segments[segment];
            var length = reader.Length;
            reader.Dispose();
            _segments.Remove(segment);
            journal.Delete(segment, length);
        }
    }
}
