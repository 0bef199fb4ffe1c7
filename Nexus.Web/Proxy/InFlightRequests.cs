using System.Collections.Concurrent;

namespace Nexus.Web.Proxy;

/// <summary>A request that is on its way.</summary>
internal sealed record InFlightRequest(Guid Id, DateTimeOffset StartedAt, string Domain, string Method, string Path, string? Model, string? KeyId, string? Client, bool Streaming, long ResponseBytes, int? Status);

/// <summary>The requests between the grant of access and their end. Snapshots take no lock that the request path waits on.</summary>
internal sealed class InFlightRequests
{
    private readonly ConcurrentDictionary<Guid, (ProxiedRequest Request, HttpContext Context, string Method, string Path, string? Client)> _requests = new();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Add(ProxiedRequest request, HttpRequest http)
    {
        Interlocked.Increment(ref _count);
        var agent = http.Headers.UserAgent.ToString();
        _requests[request.Id] = (request, http.HttpContext, http.Method, http.Path.Value ?? "", agent.Length == 0 ? null : agent.Split(' ', 2)[0]);
    }

    public void Remove(ProxiedRequest request)
    {
        if (_requests.TryRemove(request.Id, out _))
            Interlocked.Decrement(ref _count);
    }

    /// <summary>Cuts every request off, for a stop that cannot wait: the callers' connections and with them the upstream's.</summary>
    public void Interrupt()
    {
        foreach (var (_, (request, context, _, _, _)) in _requests)
        {
            request.IsInterrupted = true;
            context.Abort();
        }
    }

    public IReadOnlyCollection<InFlightRequest> Snapshot()
    {
        var snapshot = new List<InFlightRequest>();
        foreach (var (_, (request, _, method, path, client)) in _requests)
            snapshot.Add(new(request.Id, request.StartedAt, request.Domain, method, path, request.Model, request.Caller?.KeyId, client, request.UpstreamStatus is not null, request.ResponseBytes, request.UpstreamStatus));
        return snapshot;
    }
}
