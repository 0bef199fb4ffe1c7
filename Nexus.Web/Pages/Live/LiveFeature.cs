using System.Globalization;
using Nexus.Web.Access;
using Nexus.Web.Listening;
using Nexus.Web.Pages.Tables;

namespace Nexus.Web.Pages.Live;

/// <summary>What a page follows.</summary>
internal enum LiveView
{
    /// <summary>Rows of the table of requests, and those in flight.</summary>
    Requests,

    /// <summary>The word that sums have changed, the last requests, and those in flight.</summary>
    Overview,

    /// <summary>The word that sums have changed.</summary>
    Sums,
}

internal static class LiveFeature
{
    public static void AddLive(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RecentRequests>().AddSingleton<LiveViewers>().AddSingleton<InFlightSnapshots>().AddSingleton<FragmentRenderer>().AddSingleton<LedgerFeed>();
        builder.Services.AddHostedService(services => services.GetRequiredService<LedgerFeed>());
    }

    public static void MapLive(this WebApplication app) =>
        app.MapGet("/dashboard/live", FollowAsync).On(Listener.Dashboard).RequireAuthorization(Policies.Dashboard);

    /// <summary>The address that a page rendered at <paramref name="now"/> connects to.</summary>
    /// <param name="columns">Names of those that rows have.</param>
    public static string Address(RequestFilter filter, LiveView view, DateTimeOffset now, IEnumerable<string>? columns = null) =>
        "/dashboard/live" + filter.Query(("view", view.ToString().ToLowerInvariant()), ("since", now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)), ("cols", columns is null ? null : string.Join(',', columns)));

    private static async Task<IResult> FollowAsync(HttpContext context, LiveViewers viewers, RecentRequests recent, LedgerFeed feed, InFlightSnapshots inFlight, FragmentRenderer renderer, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        var filter = RequestFilter.Read(context.Request.Query, ViewerZone.Of(context), time.GetUtcNow());
        var viewer = new LiveViewer(filter, TableState.Read(KnownTables.Requests, context.Request.Query));
        if (!viewers.TryAdd(viewer))
            return FullHouse.Of($"{LiveViewers.Most} live pages are open already");

        context.Response.OnCompleted(() =>
        {
            viewers.Remove(viewer);
            return Task.CompletedTask;
        });
        var since = long.TryParse(context.Request.Query["since"], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds < 253_402_300_800_000
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : time.GetUtcNow();
        // A stream must not hold up the stop of the host.
        var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        context.Response.RegisterForDispose(ended);
        var view = Enum.TryParse<LiveView>(context.Request.Query["view"].ToString(), ignoreCase: true, out var named) && Enum.IsDefined(named) ? named : LiveView.Requests;
        var first = recent.Since(since, LiveStream.MostRows) is { } ids ? (await feed.LoadAsync(ids, ended.Token)).Where(filter.Matches).ToList() : null;
        return TypedResults.ServerSentEvents(new LiveStream(viewer, inFlight, renderer, time).ReadAsync(first, view, ended.Token));
    }
}
