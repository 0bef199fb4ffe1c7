using System.Text.Json;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Storage;

/// <summary>DEBUG_SQL and SLOW_QUERY_THRESHOLD_MS on the real binary: who runs a statement makes no difference.</summary>
public sealed class SqlLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-sql-").FullName;

    [Fact]
    public async Task Every_statement_is_logged_with_duration_and_rows_without_debug()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("application/json", Streams.Json);
        await using var nexus = NexusProcess.Start(_directory, ("DATABASE_URL", await Postgres.NewDatabaseAsync()), ("CLAUDE_API_BASE_URL", upstream.Url), ("DEBUG_SQL", "1"), ("LOG_LEVEL", "error"));
        // LOG_LEVEL hides even the line that says where it listens.
        Assert.Equal(0, await UntilSqlAsync(nexus, "hangfire", stop: true));

        Assert.All(nexus.Lines, line => Assert.Equal("sql", line.GetProperty("event").GetString()));
        Assert.All(nexus.Lines, line => Assert.True(line.GetProperty("durationMs").GetDouble() >= 0));
    }

    [Theory]
    [InlineData("DEBUG_SQL", "sql")]
    [InlineData("SLOW_QUERY_THRESHOLD_MS", "slow_query")]
    public async Task Ingest_pages_api_and_jobs_pass_the_same_seam(string variable, string name)
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("application/json", Streams.Json);
        await using var nexus = NexusProcess.Start(_directory, ("DATABASE_URL", await Postgres.NewDatabaseAsync()), ("CLAUDE_API_BASE_URL", upstream.Url), (variable, variable == "DEBUG_SQL" ? "true" : "0"));
        var (proxy, dashboard) = await nexus.ListeningAsync();
        using var sent = await proxy.SendAsync(new(HttpMethod.Post, "/v1/messages") { Headers = { { "x-api-key", "sk-ant-own" } }, Content = new StringContent("""{"model":"m","messages":[]}""") });
        await UntilSqlAsync(nexus, "COPY incoming_requests");
        foreach (var port in new[] { proxy, dashboard })
            using (var answer = await port.SendAsync(new(HttpMethod.Get, "/api/requests?domain=canary.example") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } }))
                Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
        await UntilSqlAsync(nexus, "hangfire");
        Assert.Equal(0, await nexus.StopAsync());

        var statements = nexus.Lines.Where(line => line.TryGetProperty("event", out var what) && what.GetString() == name).ToList();
        Assert.Contains(statements, line => line.GetProperty("sql").GetString()!.StartsWith("COPY incoming_requests", StringComparison.Ordinal) && line.GetProperty("rows").GetInt64() == 1);
        foreach (var service in new[] { "proxy", "dashboard" })
            Assert.Contains(statements, line => line.GetProperty("service").GetString() == service && line.GetProperty("sql").GetString()!.Contains("FROM requests", StringComparison.Ordinal));
        Assert.Contains(statements, line => line.GetProperty("service").GetString() == "nexus" && line.GetProperty("sql").GetString()!.Contains("hangfire", StringComparison.Ordinal));
        if (name == "slow_query")
            Assert.All(statements, line => Assert.Equal(("warn", "Slow SQL query detected"), (line.GetProperty("level").GetString(), line.GetProperty("message").GetString())));
        else
            Assert.Contains(statements, line => line.TryGetProperty("values", out var values) && values.GetString()!.Contains("'canary.example'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_quick_statement_is_not_slow_by_default()
    {
        await using var nexus = NexusProcess.Start(_directory, ("DATABASE_URL", await Postgres.NewDatabaseAsync()));
        await nexus.ListeningAsync();
        await NexusApp.UntilAsync(() => Task.FromResult(nexus.TryFind("db_ready", out _)), "the database is ready");
        Assert.Equal(0, await nexus.StopAsync());
        Assert.DoesNotContain(nexus.Lines, line => line.TryGetProperty("sql", out _));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static async Task<int> UntilSqlAsync(NexusProcess nexus, string text, bool stop = false)
    {
        await NexusApp.UntilAsync(() => Task.FromResult(nexus.Lines.Any(line => line.TryGetProperty("sql", out JsonElement sql) && sql.GetString()!.Contains(text, StringComparison.OrdinalIgnoreCase))), $"SQL with {text} is logged");
        return stop ? await nexus.StopAsync() : 0;
    }
}
