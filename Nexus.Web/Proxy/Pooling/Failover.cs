using Microsoft.AspNetCore.Http.Features;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Credentials.Pool;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Nexus.Web.Proxy.Pooling;

/// <summary>
/// Tries a request again before anything of an answer went to the caller: with a pool, another account; without, the same
/// upstream where no connection to it could be made. If all fail, the caller gets the first failure.
/// </summary>
internal sealed partial class Failover(IProxyStateLookup clusters, TokenRefresh tokens, TimeProvider time, ILogger<Failover> logger)
{
    /// <summary>Attempts against the same upstream, and the time in which they may begin (the older system's numbers).</summary>
    private const int MostAttempts = 3;

    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(60);

    /// <summary>An upstream that no connection can be made to is left alone for so long by a pool.</summary>
    private static readonly TimeSpan Unreachable = TimeSpan.FromSeconds(5);

    /// <summary>Goes over the pool's accounts until one answers.</summary>
    public async Task SendAsync(HttpContext context, ProxiedRequest request, RequestDelegate next)
    {
        var pool = request.Pool!;
        request.Attempts = new();
        request.Attempts.Begin(Elapsed(request), TimeSpan.Zero);
        while (true)
        {
            await next(context);
            if (pool.IsCommitted || context.RequestAborted.IsCancellationRequested)
                return;
            var failure = context.GetForwarderErrorFeature();
            if ((failure is not null && !Failed(request, pool, failure)) || pool.UpstreamFailures >= MostAttempts || Elapsed(request) > Budget)
                break;
            if (failure is not null && NeverSent(failure) && pool.HasOneUpstream)
            {
                // Another account would knock at the same door.
                if (!await WaitAsync(context, request, Delay(pool.UpstreamFailures, Random.Shared.NextDouble())))
                    break;
            }
            else if (await NextAsync(pool) is { } account)
            {
                Log.Moves(logger, request.Id, request.Account!.Id, account.Id);
                request.PayWith(account);
                pool.HasMoved = true;
                request.Attempts.Begin(Elapsed(request), TimeSpan.Zero);
            }
            else
            {
                break;
            }

            Prepare(context, request);
        }

        if (pool.Original is { } original)
        {
            context.Features.Set<IForwarderErrorFeature>(null);
            await original.ReplayAsync(context, request);
        }
        else
        {
            context.Features.Set(pool.FirstFailure);
        }
    }

    /// <summary>Asks the upstream again, up to twice, while no connection to it can be made; does nothing about any other failure.</summary>
    public async Task AgainAsync(HttpContext context, ProxiedRequest request, RequestDelegate next)
    {
        for (var attempt = 1; MayAskAgain(context, request); attempt++)
        {
            if (request.Attempts is null)
                (request.Attempts = new()).Begin(TimeSpan.Zero, TimeSpan.Zero);
            EndFailed(request, context.GetForwarderErrorFeature()!);
            if (attempt >= MostAttempts || !await WaitAsync(context, request, Delay(attempt, Random.Shared.NextDouble())))
                return;
            Prepare(context, request);
            await next(context);
        }

        if (request.Attempts is not null && context.GetForwarderErrorFeature() is { } last)
            EndFailed(request, last);
    }

    /// <summary>Before attempt <paramref name="attempt"/> + 1: 1 s, 2 s, 4 s … up to 30 s, and up to half as much again.</summary>
    public static TimeSpan Delay(int attempt, double jitter) => TimeSpan.FromMilliseconds(Math.Min(1000 * Math.Pow(2, attempt - 1), 30_000) * (1 + (jitter / 2)));

    /// <summary>Waits and begins the next attempt; false where there is no time for one, or nobody who waits for it.</summary>
    private async Task<bool> WaitAsync(HttpContext context, ProxiedRequest request, TimeSpan wait)
    {
        if (Elapsed(request) + wait > Budget)
            return false;
        await Task.Delay(wait, time, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (context.RequestAborted.IsCancellationRequested)
            return false;
        request.Attempts!.Begin(Elapsed(request), wait);
        return true;
    }

    private static bool MayAskAgain(HttpContext context, ProxiedRequest request) =>
        context.GetForwarderErrorFeature() is { } failure && request is { Body: not null, IsPinned: false } && NeverSent(failure) && !context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted;

    /// <summary>Whether the request did not leave, because there was no connection: name, connect or TLS failed.</summary>
    private static bool NeverSent(IForwarderErrorFeature failure) =>
        failure.Exception is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError }
        || (failure is { Error: ForwarderError.RequestTimedOut, Exception.InnerException: TimeoutException }); // the handler's ConnectTimeout

    /// <summary>Takes note of an attempt without an answer; whether another account may be asked.</summary>
    private bool Failed(ProxiedRequest request, PooledRequest pool, IForwarderErrorFeature failure)
    {
        pool.FirstFailure ??= failure;
        pool.UpstreamFailures += failure.Error == ForwarderError.NoAvailableDestinations ? 0 : 1;
        EndFailed(request, failure);
        var (now, reason) = (time.GetUtcNow(), ReasonOf(failure));
        // Where all accounts ask the same upstream, to leave one alone says nothing of where else to go.
        request.Account!.State.Change(known => NeverSent(failure) && !pool.HasOneUpstream
            ? known.Failed(reason, now).Cooled(new(Cooldown.Unreachable, now, now + Unreachable, IsTold: false, reason))
            : known.Failed(reason, now));
        // Silence has cost the caller minutes already.
        return NeverSent(failure) || failure.Error is not (ForwarderError.RequestTimedOut or ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.RequestBodyClient) && !Forwarding.IsCancellation(failure.Exception);
    }

    private void EndFailed(ProxiedRequest request, IForwarderErrorFeature failure) =>
        request.Attempts!.End(request.Account, Elapsed(request), null, FailureScope.Upstream, ReasonOf(failure), []);

    private static string ReasonOf(IForwarderErrorFeature failure) => failure.Exception?.GetBaseException().Message ?? failure.Error.ToString();

    private async Task<Account?> NextAsync(PooledRequest pool)
    {
        while (pool.Take(time.GetUtcNow()) is { } account)
            if (await tokens.EnsureAsync(account))
                return account;
        return null;
    }

    /// <summary>Makes the exchange as it was before the attempt.</summary>
    private void Prepare(HttpContext context, ProxiedRequest request)
    {
        context.Features.Set<IForwarderErrorFeature>(null);
        context.Response.Clear();
        context.Response.Headers["x-nexus-request-id"] = request.Id.ToString();
        context.Request.Body.Position = 0;
        // YARP's own notes on the attempt are made anew; where an account names its upstream, UpstreamChoice has the last word.
        if (clusters.TryGetCluster(context.GetReverseProxyFeature().Cluster.Config.ClusterId, out var cluster))
            context.ReassignProxyRequest(cluster);
    }

    private TimeSpan Elapsed(ProxiedRequest request) => time.GetElapsedTime(request.ArrivalTimestamp);

    private static partial class Log
    {
        [LoggerMessage(EventName = "account_failed_over", Level = LogLevel.Information, Message = "Request {RequestId} goes from account {From} on to account {To}.")]
        public static partial void Moves(ILogger logger, Guid requestId, string from, string to);
    }
}
