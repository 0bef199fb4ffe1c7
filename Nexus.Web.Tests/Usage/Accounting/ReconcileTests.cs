using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Accounting;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Usage.Accounting;

public sealed class ReconcileTests : IAsyncLifetime
{
    private static readonly string[] RollupTables = [.. RollupTier.All.Select(tier => tier.Table), "usage_accounts_5m"];
    private FakeAnthropic _upstream = null!;
    private string _database = "";

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
    }

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Fact]
    public async Task After_aborts_errors_refusals_and_a_clock_change_ledger_rollups_and_counters_agree()
    {
        // The second before Berlin's clocks go back, and the end of a month in Auckland.
        foreach (var at in new[] { "2026-10-25T00:59:58Z", "2026-10-31T10:59:58Z" })
        {
            await using var nexus = await NexusApp.StartAsync(_upstream, _database);
            await nexus.ReadyAsync();
            await LimitsAsync(nexus);
            await MixedAsync(nexus);
        }

        await MoveAsync("2026-10-25T00:59:58Z");
        var result = await ReconcileAsync();
        Assert.StartsWith(ReconcileJob.NoDrift, result.Summary, StringComparison.Ordinal);
        Assert.Equal(0, await LimitClient.ScalarAsync<long>(_database, "SELECT count(*) FROM usage_changed_hours"));
        Assert.Equal(await LimitClient.ScalarAsync<long>(_database, "SELECT count(*) FROM requests"), await LimitClient.ScalarAsync<long>(_database, "SELECT sum(requests)::bigint FROM limit_counters WHERE limit_id IN (SELECT id FROM limits WHERE period = 'day' LIMIT 1)"));
    }

    [Fact]
    public async Task What_drifted_is_found_stays_marked_and_is_put_right_by_a_rebuild()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.ReadyAsync();
        await LimitsAsync(nexus);
        await MixedAsync(nexus);
        foreach (var (sql, where) in new[]
        {
            ("UPDATE usage_15m SET cost_micros = cost_micros + 7", "usage_15m"),
            ("UPDATE usage_5m SET output_tokens = 0 WHERE output_tokens > 0", "usage_5m"),
            ("DELETE FROM usage_5m", "usage_5m"),
            ("UPDATE limit_counters SET tokens = tokens - 1 WHERE requests > 0", "limit_counters"),
        })
        {
            await LimitClient.ScalarAsync<int>(_database, sql + "; INSERT INTO usage_changed_hours SELECT DISTINCT date_bin('1 hour', started_at, 'epoch') FROM requests ON CONFLICT DO NOTHING");
            var found = await ReconcileAsync();
            Assert.DoesNotContain(ReconcileJob.NoDrift, found.Summary, StringComparison.Ordinal);
            Assert.Contains(where, System.Text.Json.JsonSerializer.Serialize(found.Details), StringComparison.Ordinal);
            await RebuildAsync();
            await LimitClient.ScalarAsync<int>(_database, "INSERT INTO usage_changed_hours SELECT DISTINCT date_bin('1 hour', started_at, 'epoch') FROM requests ON CONFLICT DO NOTHING");
            Assert.StartsWith(ReconcileJob.NoDrift, (await ReconcileAsync()).Summary, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("DELETE FROM usage_1h")]
    [InlineData("UPDATE usage_1h SET cost_micros = cost_micros + 1 WHERE cost_micros > 0")]
    [InlineData("UPDATE usage_1d SET requests = requests - 1")]
    [InlineData("DELETE FROM usage_1d; DELETE FROM usage_1h; DELETE FROM usage_accounts_5m")]
    public async Task Hours_and_days_that_an_older_node_did_not_carry_on_are_made_from_the_quarters(string lost)
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.ReadyAsync();
        await LimitsAsync(nexus);
        await MixedAsync(nexus);
        await LimitClient.ScalarAsync<int>(_database, lost);
        Assert.StartsWith(ReconcileJob.NoDrift, (await ReconcileAsync()).Summary, StringComparison.Ordinal);
        await LedgerSums.AssertEqualRollupsAsync(_database);
    }

    [Fact]
    public async Task A_rebuild_makes_the_very_rows_that_ingest_made()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.ReadyAsync();
        await LimitsAsync(nexus);
        await MixedAsync(nexus);
        await LimitClient.ScalarAsync<int>(_database, string.Join("; ", RollupTables.Select(table => $"CREATE TABLE before_{table} AS TABLE {table}; DELETE FROM {table}")));
        await RebuildAsync();
        foreach (var table in RollupTables)
            Assert.Equal(0L, await LimitClient.ScalarAsync<long>(_database, $"SELECT count(*) FROM ((TABLE before_{table} EXCEPT TABLE {table}) UNION ALL (TABLE {table} EXCEPT TABLE before_{table})) AS different"));
        Assert.NotEqual(0L, await LimitClient.ScalarAsync<long>(_database, "SELECT count(*) FROM usage_15m"));
    }

    [Fact]
    public async Task A_rebuild_beside_running_ingest_counts_every_row_once()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.ReadyAsync();
        await LimitsAsync(nexus);
        _upstream.UsesWhatIsAsked();
        using var stop = new CancellationTokenSource();
        var sent = 0;
        var traffic = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await nexus.SendAsync(LimitClient.Message(3, 5, 10));
                sent++;
            }
        });
        for (var i = 0; i < 10; i++)
            await RebuildAsync();
        await stop.CancelAsync();
        await traffic;
        await NexusApp.UntilAsync(async () => await LimitClient.ScalarAsync<long>(_database, "SELECT count(*) FROM requests") == sent, "all requests are stored");
        Assert.Equal(sent, await LimitClient.ScalarAsync<long>(_database, "SELECT sum(requests)::bigint FROM usage_5m"));
        Assert.Equal(sent, await LimitClient.ScalarAsync<long>(_database, "SELECT sum(requests)::bigint FROM usage_15m"));
        Assert.Equal(8L * sent, await LimitClient.ScalarAsync<long>(_database, "SELECT sum(tokens)::bigint FROM limit_counters WHERE limit_id = (SELECT id FROM limits WHERE period = 'month')"));
    }

    [Fact]
    public async Task Calls_by_tool_outlive_a_rebuild_and_are_told_when_they_are_more_than_the_ledgers()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.ReadyAsync();
        _upstream.Replies("application/json", """{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5","content":[{"type":"tool_use","id":"t1","name":"Bash","input":{}},{"type":"tool_use","id":"t2","name":"Read","input":{}},{"type":"tool_use","id":"t3","name":"Bash","input":{}}],"stop_reason":"tool_use","usage":{"input_tokens":5,"output_tokens":7}}"""u8.ToArray());
        Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(1, 1, 100))).Status);
        const string Tools = "SELECT string_agg(tool || ' ' || calls, ', ' ORDER BY tool) FROM usage_tools_15m";
        await NexusApp.UntilAsync(async () => await LimitClient.ScalarAsync<long>(_database, "SELECT count(*) FROM usage_tools_15m") == 2, "the answer is stored");
        await RebuildAsync();
        Assert.Equal("Bash 2, Read 1", await LimitClient.ScalarAsync<string>(_database, Tools));
        Assert.StartsWith(ReconcileJob.NoDrift, (await ReconcileAsync()).Summary, StringComparison.Ordinal);

        await LimitClient.ScalarAsync<int>(_database, "UPDATE usage_tools_15m SET calls = calls + 1 WHERE tool = 'Read'; INSERT INTO usage_changed_hours SELECT DISTINCT date_bin('1 hour', started_at, 'epoch') FROM requests ON CONFLICT DO NOTHING");
        var found = await ReconcileAsync();
        Assert.Contains("usage_tools_15m", System.Text.Json.JsonSerializer.Serialize(found.Details), StringComparison.Ordinal);
        Assert.Contains("calls \\u002B1", System.Text.Json.JsonSerializer.Serialize(found.Details), StringComparison.Ordinal);
    }

    private static async Task LimitsAsync(NexusApp nexus)
    {
        await nexus.LimitAsync(new { name = "month", scope = "all", unit = "tokens", amount = 5_000_000, period = "month", timeZone = "Pacific/Auckland" });
        await nexus.LimitAsync(new { name = "day", scope = "domain", subject = "*", amount = 1_000_000_000, period = "day", timeZone = "Europe/Berlin" });
        await nexus.LimitAsync(new { name = "refuses", scope = "domain", subject = "poor.example", unit = "tokens", amount = 1, period = "week", hard = true });
    }

    private async Task MixedAsync(NexusApp nexus)
    {
        var before = await LimitClient.ScalarAsync<long>(_database, "SELECT count(*) FROM requests");
        _upstream.UsesWhatIsAsked();
        for (var i = 0; i < 5; i++)
            Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(100 + i, 50, 100, host: i % 2 == 0 ? "one.example" : "two.example"))).Status);
        await NexusApp.UntilAsync(async () => (await nexus.SendAsync(LimitClient.Message(1, 1, 100, host: "poor.example"))).Status == 429, "the hard limit is known");
        _upstream.Replies("application/json", "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}"u8.ToArray(), 529);
        Assert.Equal(529, (await nexus.SendAsync(LimitClient.Message(1, 1, 100))).Status);
        _upstream.Answer = async context =>
        {
            context.Response.StatusCode = 200;
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(string.Concat(Streams.Events[..7]));
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        try
        {
            await nexus.SendAsync(LimitClient.Message(1, 1, 100, stream: true));
        }
        catch (HttpRequestException)
        {
            // Where the cut came after the caller had its headers.
        }

        await NexusApp.UntilAsync(async () => await LimitClient.ScalarAsync<long>(_database, "SELECT count(*) FROM requests") >= before + 8 && await LimitClient.ScalarAsync<long>(_database, "SELECT count(*) FROM requests WHERE outcome = 'upstream_cut'") > 0, "all is stored");
    }

    /// <summary>Moves half of the rows to the hours around another time, as if they came then, and makes the sums anew.</summary>
    private async Task MoveAsync(string to)
    {
        var at = DateTimeOffset.Parse(to, System.Globalization.CultureInfo.InvariantCulture);
        await LimitClient.ScalarAsync<int>(_database, $"""
            SELECT nexus_ensure_month('{at:O}');
            WITH numbered AS (SELECT id, started_at, row_number() OVER (ORDER BY id) AS n FROM requests)
            UPDATE requests SET started_at = '{at:O}'::timestamptz + numbered.n * interval '1 second' FROM numbered WHERE requests.id = numbered.id AND requests.started_at = numbered.started_at AND numbered.n % 2 = 0;
            TRUNCATE usage_5m; TRUNCATE usage_15m; TRUNCATE usage_1h; TRUNCATE usage_1d; TRUNCATE usage_accounts_5m; TRUNCATE limit_counters;
            INSERT INTO usage_changed_hours SELECT DISTINCT date_bin('1 hour', started_at, 'epoch') FROM requests ON CONFLICT DO NOTHING
            """);
        await RebuildAsync();
    }

    private async Task<JobResult> ReconcileAsync()
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync();
        // In an hour every hour up to now is closed.
        var job = new ReconcileJob(new FakeTimeProvider(DateTimeOffset.UtcNow.AddHours(1)), NullLogger<ReconcileJob>.Instance);
        return await job.RunAsync(new(connection, _ => Task.CompletedTask), CancellationToken.None);
    }

    private async Task RebuildAsync()
    {
        await using var source = NpgsqlDataSource.Create(_database);
        await UsageRebuild.RunAsync(source, null, null, DateTimeOffset.UtcNow, _ => { }, CancellationToken.None);
    }
}
