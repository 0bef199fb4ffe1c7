using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Windows;

namespace Nexus.Web.Api;

/// <summary><c>/api/token-usage</c> (spec §6.1), from the rollups: sums are exact, windows begin with one of their five minutes.</summary>
internal static class TokenUsageEndpoints
{
    private const int MinutesOfAYear = 366 * 24 * 60;

    public static void MapTokenUsage(this IEndpointRouteBuilder api)
    {
        var usage = api.MapGroup("/token-usage");
        usage.MapGet("/current", CurrentAsync);
        usage.MapGet("/daily", DailyAsync);
        usage.MapGet("/time-series", TimeSeriesAsync);
        usage.MapGet("/accounts", AccountsAsync);
    }

    private static async Task<IResult> CurrentAsync(HttpContext context, NexusDbContext db, TimeProvider time, CancellationToken cancellation)
    {
        var parameters = new Parameters(context.Request.Query);
        var account = parameters.Required("accountId");
        var (domain, model) = (parameters.Text("domain"), parameters.Text("model"));
        var minutes = parameters.Number("window", 300, 1, MinutesOfAYear);
        if (parameters.Problem is { } problem)
            return problem;
        var now = time.GetUtcNow();
        var start = TimeBuckets.StartOf(now.AddMinutes(-minutes), UsageTables.FinestAt(now.AddMinutes(-minutes), now));
        var sums = await db.Usage(start, now).Where(row => row.AccountId == account && (domain == null || row.Domain == domain) && (model == null || row.Model == model))
            .GroupBy(_ => 1)
            .Select(group => new
            {
                Input = group.Sum(row => row.InputTokens),
                Output = group.Sum(row => row.OutputTokens),
                Requests = group.Sum(row => row.Requests),
                Creation = group.Sum(row => row.CacheCreation5mTokens + row.CacheCreation1hTokens),
                Read = group.Sum(row => row.CacheReadTokens),
            }).SingleOrDefaultAsync(cancellation);
        return Results.Json(new
        {
            accountId = account,
            domain = domain ?? "all",
            model = model ?? "all",
            windowStart = start,
            windowEnd = now,
            totalInputTokens = sums?.Input ?? 0,
            totalOutputTokens = sums?.Output ?? 0,
            totalTokens = (sums?.Input ?? 0) + (sums?.Output ?? 0),
            totalRequests = sums?.Requests ?? 0,
            cacheCreationInputTokens = sums?.Creation ?? 0,
            cacheReadInputTokens = sums?.Read ?? 0,
        });
    }

    /// <summary>Days are UTC's. Without <c>aggregate=true</c> one row per domain and model, with it one per domain.</summary>
    private static async Task<IResult> DailyAsync(HttpContext context, NexusDbContext db, TimeProvider time, CancellationToken cancellation)
    {
        var parameters = new Parameters(context.Request.Query);
        var account = parameters.Required("accountId");
        var domain = parameters.Text("domain");
        var days = parameters.Number("days", 30, 1, 400);
        var aggregate = parameters.Flag("aggregate");
        if (parameters.Problem is { } problem)
            return problem;
        var from = TimeBuckets.StartOf(time.GetUtcNow(), TimeSpan.FromDays(1)).AddDays(1 - days);
        var rows = await db.Usage1d.AsNoTracking().Where(row => row.Bucket >= from && row.AccountId == account && (domain == null || row.Domain == domain))
            .GroupBy(row => new { row.Bucket.Date, row.Domain, Model = aggregate ? null : row.Model })
            .Select(group => new { group.Key, Input = group.Sum(row => row.InputTokens), Output = group.Sum(row => row.OutputTokens), Requests = group.Sum(row => row.Requests) })
            .ToListAsync(cancellation);
        return Results.Json(new
        {
            usage = rows.OrderByDescending(row => row.Key.Date).ThenBy(row => row.Key.Domain, StringComparer.Ordinal).ThenBy(row => row.Key.Model, StringComparer.Ordinal)
                .Select(row => new DailyUsage(DateOnly.FromDateTime(row.Key.Date), account, row.Key.Domain, row.Key.Model, row.Input, row.Output, row.Input + row.Output, row.Requests)),
        }, ApiFeature.WithoutNulls);
    }

    private static async Task<IResult> TimeSeriesAsync(HttpContext context, AccountUsage usage, IOptions<UsageOptions> options, TimeProvider time, CancellationToken cancellation)
    {
        var parameters = new Parameters(context.Request.Query);
        var account = parameters.Required("accountId");
        var hours = parameters.Number("window", 5, 1, 24);
        var interval = parameters.Number("interval", 5, 5, 60);
        if (parameters.Problem is { } problem)
            return problem;
        var (width, step) = (TimeSpan.FromHours(hours), TimeSpan.FromMinutes(interval));
        var last = TimeBuckets.StartOf(time.GetUtcNow(), AccountUsage.Bucket);
        var first = last - width;
        var limit = options.Value.AccountTokenLimit;
        var points = SlidingWindow.Over(await usage.BucketsAsync(account, first - width, cancellation), first, last, step, width);
        return Results.Json(new
        {
            accountId = account,
            windowHours = hours,
            intervalMinutes = interval,
            tokenLimit = limit,
            timeSeries = points.Select(point => new
            {
                time = point.At,
                outputTokens = point.OutputTokens,
                cumulativeUsage = point.OutputTokens,
                remaining = Math.Max(0, limit - point.OutputTokens),
                percentageUsed = Math.Round(100.0 * point.OutputTokens / limit, 2),
            }),
        });
    }

    private static async Task<IResult> AccountsAsync(AccountUsage usage, IOptions<UsageOptions> options, TimeProvider time, CancellationToken cancellation)
    {
        var width = TimeSpan.FromMinutes(options.Value.AccountWindowMinutes);
        var limit = options.Value.AccountTokenLimit;
        var last = TimeBuckets.StartOf(time.GetUtcNow(), AccountUsage.Bucket);
        var rows = await usage.ByDomainAsync(last + AccountUsage.Bucket - width, cancellation);
        var buckets = await usage.BucketsAsync(last - (2 * width), cancellation);
        var accounts = rows.GroupBy(row => row.AccountId).OrderByDescending(group => group.Sum(row => row.OutputTokens)).Select(account =>
        {
            var output = account.Sum(row => row.OutputTokens);
            var points = SlidingWindow.Over(buckets.GetValueOrDefault(account.Key, []), last - width, last, TimeSpan.FromMinutes(15), width);
            return new
            {
                accountId = account.Key,
                outputTokens = output,
                inputTokens = account.Sum(row => row.InputTokens),
                requestCount = account.Sum(row => row.Requests),
                lastRequestTime = account.Max(row => row.LastRequestAt),
                remainingTokens = Math.Max(0, limit - output),
                percentageUsed = Math.Round(100.0 * output / limit, 2),
                domains = account.Select(row => new { domain = row.Domain, outputTokens = row.OutputTokens, requests = row.Requests }),
                miniSeries = points.Select(point => new { time = point.At, remaining = Math.Max(0, limit - point.OutputTokens) }),
            };
        });

        return Results.Json(new { accounts, tokenLimit = limit });
    }

    private sealed record DailyUsage(DateOnly Date, string AccountId, string Domain, string? Model, long TotalInputTokens, long TotalOutputTokens, long TotalTokens, long TotalRequests);
}
