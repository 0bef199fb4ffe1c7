using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Clients;

/// <summary>A request that reached the upstream, with its row.</summary>
internal sealed record Accounted(Exchange Exchange, LedgerRow Row);

/// <summary>Asserts that the ledger says of each request what the upstream knows of it.</summary>
internal static class Ledger
{
    /// <summary>One row for each request, in the order in which they reached the upstream.</summary>
    public static async Task<IReadOnlyList<Accounted>> AccountAsync(Route route)
    {
        var exchanges = route.Script.Exchanges.ToList();
        var rows = await RowsAsync(route.Nexus!, exchanges.Count);
        Assert.Equal(exchanges.Count, rows.Count);
        var accounted = new List<Accounted>();
        foreach (var exchange in exchanges)
        {
            // A request that was cut off before its answer has no id of the upstream's; its bytes name it.
            var row = Assert.Single(rows, row => exchange.Status > 0 ? row.UpstreamRequestId == exchange.RequestId : row.UpstreamRequestId is null && Hash(exchange).AsSpan().SequenceEqual(row.BodyHash));
            await AssertAsync(route, exchange, row);
            accounted.Add(new(exchange, row));
        }

        return accounted;
    }

    private static async Task AssertAsync(Route route, Exchange exchange, LedgerRow row)
    {
        var request = exchange.Request;
        Assert.Equal((request.Method, PathString.FromUriComponent(request.Target.Split('?')[0]).Value), (row.Method, row.Path));
        Assert.Equal((exchange.RequestId, exchange.Outcome), (exchange.RequestId, row.Outcome));
        Assert.Equal(exchange.Model, row.ModelRequested ?? "");
        Assert.Equal(exchange.ModelServed, row.ModelServed);
        Assert.Equal(exchange.Tokens, (row.InputTokens, row.OutputTokens, row.CacheCreation5mTokens + row.CacheCreation1hTokens, row.CacheReadTokens));
        Assert.Equal(request.Header("x-claude-code-session-id"), row.SessionId);
        Assert.Equal(request.Header("x-claude-code-agent-id"), row.AgentId);
        Assert.Equal(request.Header("user-agent")!.Split(' ')[0], row.Client);
        Assert.Equal(route.Paid ? "acc_team" : null, row.AccountId);
        if (exchange.Status > 0)
            Assert.Equal(exchange.Status, (int)row.Status!);
        // Of other paths no request body is kept.
        if (request.BodyLength > 0 && row.Path is "/v1/messages" or "/v1/messages/count_tokens")
            Assert.Equal(request.Body, await BytesAsync(route.Nexus!, $"/api/requests/{row.Id}/body"));
        if (exchange.Sent.Length > 0)
            Assert.Equal(exchange.Sent, await BytesAsync(route.Nexus!, $"/api/requests/{row.Id}/response"));
    }

    private static async Task<List<LedgerRow>> RowsAsync(NexusApp nexus, int count)
    {
        List<LedgerRow> rows = [];
        await NexusApp.UntilAsync(async () =>
        {
            using var scope = nexus.Services.CreateScope();
            rows = await scope.ServiceProvider.GetRequiredService<NexusDbContext>().Requests.AsNoTracking().ToListAsync();
            return rows.Count >= count;
        }, $"the ledger has {count} rows");
        return rows;
    }

    private static byte[] Hash(Exchange exchange) => SHA256.HashData(exchange.Request.Body)[..16];

    private static async Task<byte[]> BytesAsync(NexusApp nexus, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
        using var response = await nexus.Dashboard.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode}");
        return await response.Content.ReadAsByteArrayAsync();
    }
}
