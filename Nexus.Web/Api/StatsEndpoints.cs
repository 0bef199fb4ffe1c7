using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Api;

internal static class StatsEndpoints
{
    public static void MapStats(this IEndpointRouteBuilder api)
    {
        api.MapGet("/stats", StatsAsync);
        api.MapGet("/domains", DomainsAsync);
    }

    /// <summary><c>since</c> is taken back to the start of its five minutes, or quarter of an hour where five minutes are not kept.</summary>
    private static async Task<IResult> StatsAsync(HttpContext context, NexusDbContext db, TimeProvider time, CancellationToken cancellation)
    {
        var parameters = new Parameters(context.Request.Query);
        var since = parameters.Time("since", time.GetUtcNow().AddHours(-24));
        var domain = parameters.Text("domain");
        if (parameters.Problem is { } problem)
            return problem;
        var now = time.GetUtcNow();
        var rows = await db.Usage(TimeBuckets.StartOf(since, UsageTables.FinestAt(since, now)), now).Where(row => domain == null || row.Domain == domain)
            .GroupBy(row => new { row.Domain, row.Model, row.RequestType })
            .Select(group => new
            {
                group.Key,
                Requests = group.Sum(row => row.Requests),
                Errors = group.Sum(row => row.Errors),
                Input = group.Sum(row => row.InputTokens),
                Output = group.Sum(row => row.OutputTokens),
                Creation = group.Sum(row => row.CacheCreation5mTokens + row.CacheCreation1hTokens),
                Read = group.Sum(row => row.CacheReadTokens),
                Duration = group.Sum(row => row.DurationMs),
            }).ToListAsync(cancellation);
        var requests = rows.Sum(row => row.Requests);
        return Results.Json(new
        {
            totalRequests = requests,
            totalTokens = rows.Sum(row => row.Input + row.Output),
            totalInputTokens = rows.Sum(row => row.Input),
            totalOutputTokens = rows.Sum(row => row.Output),
            totalCacheCreationTokens = rows.Sum(row => row.Creation),
            totalCacheReadTokens = rows.Sum(row => row.Read),
            averageResponseTime = requests == 0 ? 0 : (double)rows.Sum(row => row.Duration) / requests,
            errorCount = rows.Sum(row => row.Errors),
            activeDomains = rows.Select(row => row.Key.Domain).Distinct().Count(),
            requestsByModel = rows.Where(row => row.Key.Model.Length > 0).GroupBy(row => row.Key.Model).ToDictionary(group => group.Key, group => group.Sum(row => row.Requests)),
            requestsByType = rows.Where(row => row.Key.RequestType.Length > 0).GroupBy(row => row.Key.RequestType).ToDictionary(group => group.Key, group => group.Sum(row => row.Requests)),
        });
    }

    private static async Task<IResult> DomainsAsync(NexusDbContext db, TimeProvider time, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var domains = await db.Usage(now.AddDays(-7), now).GroupBy(row => row.Domain)
            .Select(group => new { domain = group.Key, requestCount = group.Sum(row => row.Requests) })
            .OrderByDescending(row => row.requestCount).ToListAsync(cancellation);
        return Results.Json(new { domains });
    }
}
