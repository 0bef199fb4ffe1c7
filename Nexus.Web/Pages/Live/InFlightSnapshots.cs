using Nexus.Web.Proxy;

namespace Nexus.Web.Pages.Live;

/// <summary>The requests in flight, oldest first, looked at once a second at most for however many pages are open.</summary>
internal sealed class InFlightSnapshots(InFlightRequests inFlight, TimeProvider time)
{
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private (DateTimeOffset At, IReadOnlyList<InFlightRequest> Requests) _last = (DateTimeOffset.MinValue, []);

    public IReadOnlyList<InFlightRequest> Current()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (now - _last.At >= Age || now < _last.At)
                _last = (now, [.. inFlight.Snapshot().OrderBy(request => request.StartedAt).ThenBy(request => request.Id)]);
            return _last.Requests;
        }
    }
}
