using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Api;

/// <summary><c>/api/usage/*/hourly</c> (spec §6.1): per domain and hour of UTC; hours without requests are left out.</summary>
internal static class HourlyUsageEndpoints
{
    public static void MapHourlyUsage(this IEndpointRouteBuilder api)
    {
        api.MapGet("/usage/requests/hourly", (HttpContext context, NexusDbContext db, TimeProvider time, CancellationToken cancellation) => HourlyAsync(context, db, time, row => row.Requests, cancellation));
        api.MapGet("/usage/tokens/hourly", (HttpContext context, NexusDbContext db, TimeProvider time, CancellationToken cancellation) => HourlyAsync(context, db, time, row => row.OutputTokens, cancellation));
    }

    private static async Task<IResult> HourlyAsync(HttpContext context, NexusDbContext db, TimeProvider time, Expression<Func<Usage1h, long>> figure, CancellationToken cancellation)
    {
        var parameters = new Parameters(context.Request.Query);
        var domain = parameters.Text("domain");
        var days = parameters.Number("days", 7, 1, 30);
        if (parameters.Problem is not null)
            return Results.Json(new { error = "Days parameter must be between 1 and 30" }, statusCode: 400);
        var from = TimeBuckets.StartOf(time.GetUtcNow().AddDays(-days), TimeSpan.FromHours(1));
        var rows = await db.Usage1h.AsNoTracking().Where(row => row.Bucket >= from && (domain == null || row.Domain == domain))
            .GroupBy(row => new { row.Domain, row.Bucket.Date, row.Bucket.Hour }, figure)
            .Select(group => new { group.Key, Count = group.Sum() }).ToListAsync(cancellation);
        var data = rows.GroupBy(row => row.Key.Domain).ToDictionary(
            group => group.Key,
            group => group.Select(row => new { hour = new DateTimeOffset(row.Key.Date, TimeSpan.Zero).AddHours(row.Key.Hour), count = row.Count }).OrderBy(row => row.hour));
        return Results.Json(new { data, query = new { domain, days } });
    }
}
