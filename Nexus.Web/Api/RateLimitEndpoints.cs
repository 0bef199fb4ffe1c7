using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Api;

/// <summary><c>/api/rate-limits</c> (spec §6.1): what an account is assumed to allow, and what the upstream's headers said of it last.</summary>
internal static class RateLimitEndpoints
{
    /// <summary>An account that was not used for longer is not listed.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromDays(30);

    public static void MapRateLimits(this IEndpointRouteBuilder api) => api.MapGet("/rate-limits", ListAsync);

    private static async Task<IResult> ListAsync(HttpContext context, NexusDbContext db, IOptions<UsageOptions> options, TimeProvider time, CancellationToken cancellation)
    {
        var account = new Parameters(context.Request.Query).Text("accountId");
        var from = time.GetUtcNow() - Recent;
        var windows = await db.AccountWindows.AsNoTracking().Where(row => account == null || row.AccountId == account).ToListAsync(cancellation);
        var used = await db.Usage1d.AsNoTracking().Where(row => row.Bucket >= from && row.AccountId != "" && (account == null || row.AccountId == account))
            .Select(row => row.AccountId).Distinct().ToListAsync(cancellation);
        var accounts = used.Union(windows.Select(row => row.AccountId)).Order(StringComparer.Ordinal).ToList();
        return Results.Json(new
        {
            configs = accounts.Select(id => new
            {
                id = id + ":default",
                accountId = id,
                domain = (string?)null,
                model = (string?)null,
                windowMinutes = options.Value.AccountWindowMinutes,
                tokenLimit = options.Value.AccountTokenLimit,
                requestLimit = (long?)null,
                fallbackModel = (string?)null,
                enabled = true,
            }),
            accounts = windows.GroupBy(row => row.AccountId).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => new
            {
                accountId = group.Key,
                windows = group.OrderBy(row => row.WindowName, StringComparer.Ordinal).Select(row => new { name = row.WindowName, status = row.Status, utilization = row.Utilization, resetsAt = row.ResetsAt, observedAt = row.ObservedAt }),
            }),
        });
    }
}
