using System.Net;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Storage;

/// <summary>What pool_max and pool_idle_timeout of DATABASE_URL do, seen from the server.</summary>
public sealed class PoolTests
{
    /// <summary>Connections besides pool_max: six for jobs, listeners, budgets and migrations, two for Hangfire.</summary>
    private const long Others = 8;

    [Fact]
    public async Task Fifty_calls_at_once_stay_within_pool_max()
    {
        var (url, database) = await UrlAsync("pool_max=3&pool_idle_timeout=10000");
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, url);
        await nexus.ReadyAsync();
        Assert.InRange(await LoadAsync(nexus, database), 1, 3 + Others);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Idle_connections_close_after_pool_idle_timeout()
    {
        var (url, database) = await UrlAsync("pool_max=15&pool_idle_timeout=10000");
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, url);
        await nexus.ReadyAsync();
        Assert.InRange(await LoadAsync(nexus, database), Others + 2, 15 + Others);
        var deadline = DateTime.UtcNow.AddSeconds(25);
        while (await CountAsync(database) > Others && DateTime.UtcNow < deadline)
            await Task.Delay(500);
        Assert.InRange(await CountAsync(database), 1, Others);
    }

    /// <summary>Calls the API from fifty callers at once; the most connections that the server had meanwhile.</summary>
    private static async Task<long> LoadAsync(NexusApp nexus, string database)
    {
        long most = 0;
        for (var round = 0; round < 4; round++)
        {
            var calls = Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/api/requests") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
                using var answer = await nexus.Proxy.SendAsync(request);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }));
            do
                most = Math.Max(most, await CountAsync(database));
            while (!calls.IsCompleted);
            await calls;
        }

        return most;
    }

    private static async Task<long> CountAsync(string database)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Database = "postgres", Timeout = 60 }.ConnectionString);
        await connection.OpenAsync();
        await using var count = new NpgsqlCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'", connection) { Parameters = { new() { Value = new NpgsqlConnectionStringBuilder(database).Database! } } };
        return (long)(await count.ExecuteScalarAsync())!;
    }

    private static async Task<(string Url, string Database)> UrlAsync(string parameters)
    {
        var database = await Postgres.NewDatabaseAsync();
        var settings = new NpgsqlConnectionStringBuilder(database);
        return ($"postgres://{settings.Username}@{settings.Host}:{settings.Port}/{settings.Database}?{parameters}", database);
    }
}
