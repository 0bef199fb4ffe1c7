using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Access;
using Nexus.Web.Listening;
using Nexus.Web.Storage;

namespace Nexus.Web.Api;

/// <summary>/token-stats: counters per domain, from the rollups, so that they survive restarts.</summary>
internal static class TokenStats
{
    public static async Task<IResult> GetAsync(HttpContext context, NexusDbContext db, IOptions<AccessOptions> access, DashboardKey key, HeaderGuesses guesses, CancellationToken cancellation)
    {
        if (!MayRead(context, access.Value, key, guesses))
            return Results.Json(new { error = new { code = "unauthorized", message = "Only callers on this machine (and those that TOKEN_STATS_ALLOW names) read this without the dashboard key." } }, statusCode: 401);
        var domain = new Parameters(context.Request.Query).Text("domain");
        var stats = await db.Usage1d.AsNoTracking().Where(row => domain == null || row.Domain == domain).GroupBy(row => row.Domain)
            .Select(group => new
            {
                group.Key,
                Input = group.Sum(row => row.InputTokens),
                Output = group.Sum(row => row.OutputTokens),
                Requests = group.Sum(row => row.Requests),
                Evaluations = group.Sum(row => row.RequestType == "query_evaluation" ? row.Requests : 0),
                Inferences = group.Sum(row => row.RequestType == "inference" ? row.Requests : 0),
                Tools = group.Sum(row => row.ToolCalls),
                Last = group.Max(row => row.LastRequestAt),
            }).ToListAsync(cancellation);
        var byDomain = stats.ToDictionary(row => row.Key, row => new
        {
            inputTokens = row.Input,
            outputTokens = row.Output,
            requestCount = row.Requests,
            queryEvaluationCount = row.Evaluations,
            inferenceCount = row.Inferences,
            toolCallCount = row.Tools,
            lastUpdated = row.Last.ToUnixTimeMilliseconds(),
        });
        return domain is null ? Results.Json(byDomain) : Results.Json(byDomain.GetValueOrDefault(domain));
    }

    /// <summary>By the socket's address: forwarded headers are anybody's to write.</summary>
    private static bool MayRead(HttpContext context, AccessOptions options, DashboardKey key, HeaderGuesses guesses)
    {
        var caller = context.Connection.RemoteIpAddress ?? IPAddress.None;
        var address = context.Features.Get<TrustedProxies.Passed>()?.Socket ?? caller;
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        // Whom a proxy on this machine hands on is not on this machine.
        if (IPAddress.IsLoopback(address) && IPAddress.IsLoopback(caller))
            return true;
        foreach (var allowed in options.TokenStatsAllow.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if (IPNetwork.TryParse(allowed, out var network) ? network.Contains(address) : IPAddress.TryParse(allowed, out var one) && one.Equals(address))
                return true;
        var given = context.Request.Headers["X-Dashboard-Key"].ToString();
        return given.Length > 0 && guesses.Matches(key, given, context.Connection.RemoteIpAddress, out _);
    }
}
