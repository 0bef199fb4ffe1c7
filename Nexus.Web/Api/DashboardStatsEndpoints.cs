using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Api;

/// <summary>Figures of conversations as a whole (spec §6.1).</summary>
internal static class DashboardStatsEndpoints
{
    public static void MapDashboardStats(this IEndpointRouteBuilder api)
    {
        api.MapGet("/dashboard/stats", StatsAsync);
        api.MapGet("/analytics/conversations/weekly", WeeklyAsync);
    }

    private static async Task<IResult> StatsAsync(HttpContext context, NexusDbContext db, TimeProvider time, CancellationToken cancellation)
    {
        var parameters = new Parameters(context.Request.Query);
        var (domain, account) = (parameters.Text("domain"), parameters.Text("accountId"));
        var days = parameters.Number("statsDays", 30, 1, 365);
        if (parameters.Problem is { } problem)
            return problem;
        var now = time.GetUtcNow();
        var (since, yesterday) = (now.AddDays(-days), now.AddHours(-24));
        var rows = db.Conversations.AsNoTracking().Where(row => row.LastHour >= since && row.Turns > 0 && (domain == null || row.Domain == domain) && (account == null || row.Accounts.Contains(account)));
        var all = await rows.GroupBy(_ => 1).Select(group => new
        {
            Conversations = group.Count(),
            Recent = group.Count(row => row.LastAt >= yesterday),
            Requests = group.Sum(row => (long)row.Requests),
            Tokens = group.Sum(row => row.InputTokens + row.OutputTokens),
            Subagents = group.Sum(row => (long)row.Subagents),
            Compactions = group.Sum(row => (long)row.Compactions),
            Forks = group.Sum(row => (long)row.Forks),
        }).FirstOrDefaultAsync(cancellation);
        var models = await rows.SelectMany(row => row.Models).Distinct().OrderBy(name => name).ToListAsync(cancellation);
        var accounts = await rows.SelectMany(row => row.Accounts).Distinct().CountAsync(cancellation);
        var usage = await db.Usage15m.AsNoTracking().Where(row => row.Bucket >= yesterday && (domain == null || row.Domain == domain) && (account == null || row.AccountId == account))
            .Select(row => new { row.Bucket, row.AccountId, row.Requests, Tokens = row.InputTokens + row.OutputTokens }).ToListAsync(cancellation);
        return Results.Json(
            new
            {
                totalConversations = all?.Conversations ?? 0,
                activeUsers = accounts,
                totalRequests = all?.Requests ?? 0,
                totalTokens = all?.Tokens ?? 0,
                totalBranches = all is null ? 0 : all.Conversations + all.Subagents + all.Compactions + all.Forks,
                subtaskBranches = all?.Subagents ?? 0,
                compactBranches = all?.Compactions ?? 0,
                modelsUsed = models,
                modelsUsedCount = models.Count,
                last24Hours = new { requests = usage.Sum(row => row.Requests), conversations = all?.Recent ?? 0, activeUsers = usage.Select(row => row.AccountId).Where(name => name.Length > 0).Distinct().Count() },
                hourlyActivity = usage.GroupBy(row => TimeBuckets.StartOf(row.Bucket, TimeSpan.FromHours(1))).OrderByDescending(hour => hour.Key).Take(24)
                    .Select(hour => new { hour = hour.Key, requestCount = hour.Sum(row => row.Requests), tokenCount = hour.Sum(row => row.Tokens) }),
            },
            ApiFeature.Json);
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
