namespace Nexus.Web.Access.Limits;

/// <summary>
/// Holds at most one window's worth and fills evenly. It may go into debt (answers are longer than thought, other nodes let
/// something through meanwhile), so that in the long run exactly the rate passes. Not safe for several threads: its gate locks.
/// </summary>
internal struct TokenBucket(long capacity, long now)
{
    private double _level = capacity;
    private long _filledAt = now;

    public long Capacity { get; private set; } = capacity;

    /// <summary>Fills up to now, and takes over a changed capacity with what was used of the old one.</summary>
    public double Level(long capacityNow, TimeSpan window, long now, TimeProvider time)
    {
        if (capacityNow != Capacity)
        {
            _level += capacityNow - Capacity;
            Capacity = capacityNow;
        }

        var elapsed = time.GetElapsedTime(_filledAt, now);
        _filledAt = now;
        _level = Math.Min(Capacity, _level + (Capacity * (elapsed / window)));
        return _level;
    }

    public void Take(double amount) => _level -= amount;

    /// <summary>Seconds, rounded up and at least 1, until the level reaches <paramref name="needed"/>.</summary>
    public readonly int SecondsUntil(double needed, TimeSpan window) =>
        (int)Math.Clamp(Math.Ceiling((needed - _level) / Capacity * window.TotalSeconds), 1, int.MaxValue);
}
