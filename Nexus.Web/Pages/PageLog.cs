using Nexus.Web.Operations.Logs;

namespace Nexus.Web.Pages;

/// <summary>The access log of the dashboard's port: pages and API at info, assets and health checks at debug.</summary>
internal sealed partial class PageLog(TimeProvider time, ILogger<PageLog> logger)
{
    private static readonly PathString[] Quiet = ["/health", "/metrics", "/css", "/js", "/lib"];

    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        LogScope.Current = new(LogScope.Dashboard, null);
        var start = time.GetTimestamp();
        // htmx and errors re-execute under other paths.
        var path = context.Request.Path;
        try
        {
            await next(context);
        }
        finally
        {
            Log.Served(logger, LevelOf(path), context.Request.Method, path.Value, context.Response.StatusCode, (long)time.GetElapsedTime(start).TotalMilliseconds);
        }
    }

    private static LogLevel LevelOf(PathString path)
    {
        foreach (var quiet in Quiet)
            if (path.StartsWithSegments(quiet))
                return LogLevel.Debug;
        return LogLevel.Information;
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "page_served", Message = "Page served")]
        public static partial void Served(ILogger logger, LogLevel level, string method, string? path, int status, long durationMs);
    }
}
