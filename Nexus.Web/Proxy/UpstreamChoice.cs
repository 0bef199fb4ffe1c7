using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Nexus.Web.Proxy;

/// <summary>Sends a request to its account's own upstream. An account's secret never goes to another upstream than the account's.</summary>
internal sealed class UpstreamChoice(IProxyStateLookup clusters, TimeProvider time)
{
    /// <summary>YARP takes over a changed credential file a moment after the accounts are there.</summary>
    private static readonly TimeSpan TakeOver = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>False where the account's upstream is not known; the exchange then has failed for want of a destination.</summary>
    public async ValueTask<bool> TryAssignAsync(HttpContext context)
    {
        var request = ProxiedRequest.Of(context);
        // Where no account names an upstream, the route's own stands. After a failover the route's may be the last account's.
        if (request.Account is not { } account || (account.BaseUrl is null && request.Pool is not { HasMoved: true }))
            return true;
        var since = time.GetTimestamp();
        ClusterState? cluster;
        while (!clusters.TryGetCluster(account.ClusterId, out cluster) && time.GetElapsedTime(since) < TakeOver && !context.RequestAborted.IsCancellationRequested)
            await Task.Delay(Pause, time, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (cluster is null)
        {
            context.Features.Set<IForwarderErrorFeature>(new NoUpstream());
            return false;
        }

        context.ReassignProxyRequest(cluster);
        return true;
    }

    private sealed class NoUpstream : IForwarderErrorFeature
    {
        public ForwarderError Error => ForwarderError.NoAvailableDestinations;

        public Exception? Exception => null;
    }
}
