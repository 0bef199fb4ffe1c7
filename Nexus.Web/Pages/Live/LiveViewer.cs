using System.Threading.Channels;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Tables;

namespace Nexus.Web.Pages.Live;

/// <summary>One open page: rows wait here for its connection, at most <see cref="Capacity"/>; what comes on top is counted, not kept.</summary>
internal sealed class LiveViewer(RequestFilter filter, TableState? table = null)
{
    public const int Capacity = 200;
    private readonly Channel<RequestLine> _rows = Channel.CreateBounded<RequestLine>(Capacity);
    private long _missed;
    private int _resync;

    public RequestFilter Filter => filter;

    /// <summary>Which columns its rows have.</summary>
    public TableState Table { get; } = table ?? TableState.Read(KnownTables.Requests, new QueryCollection());

    public void Offer(RequestLine line)
    {
        if (filter.Matches(line) && !_rows.Writer.TryWrite(line))
            Interlocked.Increment(ref _missed);
    }

    public void Miss(long count) => Interlocked.Add(ref _missed, count);

    /// <summary>Its rows must be loaded anew.</summary>
    public void Resync() => Volatile.Write(ref _resync, 1);

    public List<RequestLine> Drain(int most)
    {
        var rows = new List<RequestLine>();
        while (rows.Count < most && _rows.Reader.TryRead(out var row))
            rows.Add(row);
        return rows;
    }

    public long TakeMissed() => Interlocked.Exchange(ref _missed, 0);

    public bool TakeResync() => Interlocked.Exchange(ref _resync, 0) == 1;
}

/// <summary>The open pages of this node.</summary>
internal sealed class LiveViewers
{
    /// <summary>Each costs a connection and at most a few hundred kilobytes.</summary>
    public const int Most = 200;

    private readonly System.Collections.Concurrent.ConcurrentDictionary<LiveViewer, byte> _viewers = new();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public bool TryAdd(LiveViewer viewer)
    {
        if (Interlocked.Increment(ref _count) > Most)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        return _viewers.TryAdd(viewer, 0);
    }

    public void Remove(LiveViewer viewer)
    {
        if (_viewers.TryRemove(viewer, out _))
            Interlocked.Decrement(ref _count);
    }

    public void Publish(IReadOnlyList<RequestLine> lines, long missed)
    {
        foreach (var (viewer, _) in _viewers)
        {
            foreach (var line in lines)
                viewer.Offer(line);
            if (missed > 0)
                viewer.Miss(missed);
        }
    }

    public void Resync()
    {
        foreach (var (viewer, _) in _viewers)
            viewer.Resync();
    }
}
