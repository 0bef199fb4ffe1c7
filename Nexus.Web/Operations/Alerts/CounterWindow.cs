namespace Nexus.Web.Operations.Alerts;

/// <summary>How much a counter that only grows grew lately. Asked about as often as it is to be exact.</summary>
internal sealed class CounterWindow(TimeSpan width, Func<long> counter, TimeProvider time)
{
    private readonly Queue<(DateTimeOffset At, long Count)> _seen = [];
    private readonly Lock _lock = new();

    public long Read()
    {
        lock (_lock)
        {
            var (now, count) = (time.GetUtcNow(), counter());
            _seen.Enqueue((now, count));
            // The newest that is as old as the window is wide stays: what came since is what counts.
            while (_seen.Count > 2 && _seen.ElementAt(1).At <= now - width)
                _seen.Dequeue();
            return count - _seen.Peek().Count;
        }
    }
}
