using Nexus.Web.Usage;
using Nexus.Web.Usage.Windows;

namespace Nexus.Web.Api;

/// <summary><c>/api/analytics</c> (spec §6.1): snake_case, unlike the rest.</summary>
internal static class AnalyticsEndpoints
{
    public static void MapAnalytics(this IEndpointRouteBuilder api) => api.MapGet("/analytics/token-usage/sliding-window", SlidingWindowAsync);

    /// <summary>Output tokens in the window that ends with each bucket. The resolution is five minutes: finer buckets repeat it.</summary>
    private static async Task<IResult> SlidingWindowAsync(HttpContext context, AccountUsage usage, TimeProvider time, CancellationToken cancellation)
    {
        var parameters = new Parameters(context.Request.Query);
        if (parameters.Text("accountId") is not { } account)
            return Results.Json(new { error = "accountId is required" }, statusCode: 400);
        var days = parameters.Number("days", 7, 1, 30);
        var bucketMinutes = parameters.Number("bucketMinutes", 10, 1, 60);
        var windowHours = parameters.Number("windowHours", 5, 1, 24);
        if (parameters.Problem is { } problem)
            return problem;
        var (step, width) = (TimeSpan.FromMinutes(bucketMinutes), TimeSpan.FromHours(windowHours));
        var last = TimeBuckets.StartOf(time.GetUtcNow(), step);
        var first = TimeBuckets.StartOf(last.AddDays(-days), step);
        var points = SlidingWindow.Over(await usage.BucketsAsync(account, first - width, cancellation), first, last, step, width);
        return Results.Json(new
        {
            accountId = account,
            @params = new { days, bucketMinutes, windowHours },
            data = points.Select(point => new { time_bucket = point.At, sliding_window_tokens = point.OutputTokens, rate_limit_warning_in_window = point.Warned }),
        });
    }
}
