using Nexus.Web.Access;
using Nexus.Web.Listening;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Pages.Live;

namespace Nexus.Web.Pages.Logs;

internal static class LogPagesFeature
{
    public static void MapLogPages(this WebApplication app) =>
        app.MapGet("/dashboard/logs/live", Follow).On(Listener.Dashboard).RequireAuthorization(Policies.Dashboard);

    private static IResult Follow(HttpContext context, LogTail tail, LogReader reader, FragmentRenderer renderer, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        if (tail.Follow() is not { } follower)
            return FullHouse.Of($"{LogTail.Most} pages follow the log already");

        context.Response.RegisterForDispose(follower);
        // A stream must not hold up the stop of the host.
        var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        context.Response.RegisterForDispose(ended);
        var filter = LogQuestion.Read(context.Request.Query, ViewerZone.Of(context), time.GetUtcNow()).Filter;
        return TypedResults.ServerSentEvents(new LogStream(follower, reader, renderer, time).ReadAsync(filter, LogPosition.Parse(context.Request.Query["since"]), ended.Token));
    }
}
