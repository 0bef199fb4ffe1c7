namespace Nexus.Web.Pages.Live;

/// <summary>
/// The ids that the database told of last, in the order of their arrival: a viewer that connects a moment after its page was
/// rendered is given what it missed in between. Bounded; whoever asks for more than is here has to load the page's rows anew.
/// </summary>
internal sealed class RecentRequests(TimeProvider time)
{
    public const int Capacity = 2_000;
    private readonly Lock _lock = new();
    private readonly (DateTimeOffset At, Guid Id)[] _ring = new (DateTimeOffset, Guid)[Capacity];
    private long _count;
    private DateTimeOffset _completeSince = DateTimeOffset.MaxValue;

    public long Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    /// <summary>Listening (again) from now on: what came before is not known here.</summary>
    public void Begin()
    {
        lock (_lock)
            _completeSince = time.GetUtcNow();
    }

    /// <summary>Listening has stopped.</summary>
    public void End()
    {
        lock (_lock)
            _completeSince = DateTimeOffset.MaxValue;
    }

    public void Add(IEnumerable<Guid> ids)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            foreach (var id in ids)
            {
                ref var slot = ref _ring[_count++ % Capacity];
                if (_count > Capacity && slot.At > _completeSince)
                    _completeSince = slot.At;
                slot = (now, id);
            }
        }
    }

    /// <summary>The newest <paramref name="most"/> ids after the first <paramref name="seen"/>, and how many older ones were skipped.</summary>
    public (List<Guid> Ids, long Skipped, long Count) After(long seen, int most)
    {
        lock (_lock)
        {
            var first = Math.Max(seen, Math.Max(_count - Capacity, _count - most));
            var ids = new List<Guid>();
            for (var i = first; i < _count; i++)
                ids.Add(_ring[i % Capacity].Id);
            return (ids, first - seen, _count);
        }
    }

    /// <summary>What arrived since; null when not all of it is known here any more.</summary>
    public List<Guid>? Since(DateTimeOffset since, int most)
    {
        lock (_lock)
        {
            if (since <= _completeSince)
                return null;
            var ids = new List<Guid>();
            for (var i = _count - 1; i >= Math.Max(0, _count - Capacity) && _ring[i % Capacity].At >= since; i--)
            {
                if (ids.Count == most)
                    return null;
                ids.Add(_ring[i % Capacity].Id);
            }

            return ids;
        }
    }
}
