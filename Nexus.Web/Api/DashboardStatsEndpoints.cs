using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;

namespace Nexus.Web.Api;

/// <summary>Figures of conversations as a whole (spec §6.1).</summary>
internal static class DashboardStatsEndpoints
{
    public static void MapDashboardStats(this IEndpointRouteBuilder api)
    {
        api.MapGet("/dashboard/stats", StatsAsync);
        api.MapGet("/analytics/conversations/weekly", WeeklyAsync);
    }

    private static async Task<IResult> StatsAsync(HttpContext context, DashboardTotals totals, CancellationToken cancellation)
    {
        var parameters = new Parameters(context.Request.Query);
        var (domain, account) = (parameters.Text("domain"), parameters.Text("accountId"));
        var days = parameters.Number("statsDays", 30, 1, 365);
        return parameters.Problem ?? Results.Json(await totals.OfAsync(domain, account, days, cancellation), ApiFeature.Json);
    }

    /// <summary>Conversations by the week in which they began; weeks begin on Monday, UTC.</summary>
    private static async Task<IResult> WeeklyAsync(HttpContext context, NexusDbContext db, TimeProvider time, CancellationToken cancellation)
    {
        var parameters = new Parameters(context.Request.Query);
        var weeks = parameters.Number("weeks", 12, 1, 52);
        var days = parameters.Text("days") is null ? (int?)null : parameters.Number("days", 84, 1, 364);
        var domain = parameters.Text("domain") ?? parameters.Text("projectId");
        if (parameters.Problem is { } problem)
            return problem;
        var now = time.GetUtcNow();
        var first = Monday(days is { } some ? now.AddDays(-some) : now.AddDays(-7 * (weeks - 1)));
        var began = await db.Database.SqlQuery<WeekCount>($"""
            SELECT date_trunc('week', started_at, 'UTC') AS week, count(*)::int AS count FROM conversations
            WHERE last_hour >= {first} AND started_at >= {first} AND turns > 0 AND ({domain}::text IS NULL OR domain = {domain}) GROUP BY 1
            """).ToListAsync(cancellation);
        var counts = began.ToDictionary(week => week.Week, week => week.Count);
        var all = new List<object>();
        for (var week = first; week <= now; week = week.AddDays(7))
            all.Add(new { weekStart = week.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), conversationCount = counts.GetValueOrDefault(week) });
        return Results.Json(new { weeks = all, query = new { weeks = days is null ? weeks : (int?)null, days, projectId = domain } });
    }

    private sealed record WeekCount(DateTimeOffset Week, int Count);

    private static DateTimeOffset Monday(DateTimeOffset at)
    {
        var day = new DateTimeOffset(at.UtcDateTime.Date, TimeSpan.Zero);
        return day.AddDays(-(((int)day.DayOfWeek + 6) % 7));
    }
}
