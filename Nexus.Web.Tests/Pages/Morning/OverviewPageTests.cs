using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Pages.Morning;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Pages.Morning;

/// <summary>The overview over real rollups, jobs and windows.</summary>
public sealed class OverviewPageTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;
    private NpgsqlDataSource _source = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        var database = await Postgres.NewDatabaseAsync();
        _source = NpgsqlDataSource.Create(database + ";Pooling=false");
        _nexus = await NexusApp.StartAsync(_upstream, database);
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task Errors_of_two_days_are_found_by_their_index_among_many_requests()
    {
        await using (var many = _source.CreateCommand("""
            SELECT nexus_ensure_month('2025-03-10Z');
            INSERT INTO requests (id, started_at, domain, method, path, outcome, lane, payload, streaming, input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, duration_ms, tool_calls, message_count, request_bytes, response_bytes)
            SELECT gen_random_uuid(), timestamptz '2025-03-10Z' - n * interval '5 seconds', 'one.example', 'POST', '/v1/messages', CASE WHEN n % 500 = 0 THEN 'refused' ELSE 'completed' END, 'main', 'none', false, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1 FROM generate_series(1, 20000) AS n;
            ANALYZE requests_2025_03
            """))
            await many.ExecuteNonQueryAsync();
        async Task<List<string>> LinesAsync(string sql, params object[] values)
        {
            await using var command = _source.CreateCommand(sql);
            foreach (var value in values)
                command.Parameters.Add(new() { Value = value });
            await using var reader = await command.ExecuteReaderAsync();
            var lines = new List<string>();
            while (await reader.ReadAsync())
                lines.Add(reader.GetString(0));
            return lines;
        }

        var index = Assert.Single(await LinesAsync("SELECT indexrelid::regclass::text FROM pg_index JOIN pg_inherits ON inhrelid = indexrelid WHERE inhparent = 'ix_requests_failed'::regclass AND indrelid = 'requests_2025_03'::regclass"));
        var day = new DateTime(2025, 3, 9, 0, 0, 0, DateTimeKind.Utc);
        Assert.Contains(await LinesAsync("EXPLAIN " + MorningFacts.ErrorsSql, day.AddDays(-1), day), line => line.Contains(index, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Figures_are_compared_with_the_same_length_of_time_a_day_before()
    {
        var hour = Nexus.Web.Usage.TimeBuckets.StartOf(DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
        var seeded = new SeededUsage(_source);
        await seeded.AddAsync(hour.AddHours(-3), "one.example", "", 100, requests: 30, costMicros: 3_000_000);
        await seeded.AddAsync(hour.AddHours(-27), "one.example", "", 100, requests: 20, costMicros: 2_000_000);
        // Neither in the last day nor in the one before.
        await seeded.AddAsync(hour.AddHours(-60), "one.example", "", 100, requests: 500, costMicros: 9_000_000);
        var page = WebUtility.HtmlDecode(await _session.PageAsync("/dashboard", htmx: true));
        Assert.Contains("title=\"20 in the same time a day before\"", page, StringComparison.Ordinal);
        Assert.Contains("title=\"$2.00 in the same time a day before\"", page, StringComparison.Ordinal);
        Assert.Contains("aria-label=\"Requests per hour: from 0 to 30, 0 at last\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hours_add_up_in_zones_that_are_half_an_hour_off()
    {
        var quarter = Nexus.Web.Usage.TimeBuckets.StartOf(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(15));
        await new SeededUsage(_source).AddAsync(quarter.AddHours(-5), "one.example", "", 100, requests: 30);
        foreach (var zone in new[] { "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin" })
            Assert.Contains("aria-label=\"Requests per hour: from 0 to 30, 0 at last\"", await _session.PageAsync("/dashboard", zone: zone), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_failed_and_who_is_near_a_limit_is_told_with_its_time()
    {
        _upstream.Replies("application/json", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""u8.ToArray(), 529);
        await _session.RequestAsync();
        await using (var rows = _source.CreateCommand("""
            INSERT INTO account_windows (account_id, window_name, status, utilization, resets_at, observed_at) VALUES ('acc_first', '5h', 'allowed_warning', 0.91, now() + interval '80 minutes', now());
            INSERT INTO job_runs (id, job, node, by_hand, started_at, finished_at, outcome, error) VALUES
              (gen_random_uuid(), 'vacuum', 'here', false, now() - interval '2 hours', now(), 'failed', 'The disk is full.'), (gen_random_uuid(), 'partitions', 'here', false, now() - interval '2 hours', now(), 'failed', 'x'),
              (gen_random_uuid(), 'partitions', 'here', false, now() - interval '1 hour', now(), 'succeeded', null)
            """))
            await rows.ExecuteNonQueryAsync();
        _nexus.Services.GetRequiredService<MorningFacts>().Forget();
        var page = await _session.PageAsync("/dashboard");
        Assert.Contains("overloaded error (529)", page, StringComparison.Ordinal);
        Assert.Contains("acc_first", page, StringComparison.Ordinal);
        Assert.Contains("The disk is full.", page, StringComparison.Ordinal);
        Assert.Contains("has succeeded since", page, StringComparison.Ordinal);
        Assert.Contains("vacuum failed", page, StringComparison.Ordinal);
        Assert.DoesNotContain("partitions failed", page, StringComparison.Ordinal);
        Assert.Contains("data as of", page, StringComparison.Ordinal);
        var tail = await _session.PageAsync("/dashboard?handler=Tail", htmx: true);
        Assert.StartsWith("<li id=\"t-", tail.TrimStart(), StringComparison.Ordinal);
    }
}
