using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage.Caching;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Usage.Caching;

public sealed class CacheDoctorTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;
    private NpgsqlDataSource _source = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
        _source = _nexus.Services.GetRequiredService<Database>().DataSource;
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_changed_tool_is_found_as_the_cause_and_priced_and_no_turn_is_counted_twice()
    {
        await TurnAsync("[{\"name\":\"Read\"}]", read: 0, written: 40_000);
        await TurnAsync("[{\"name\":\"Read\"}]", read: 40_000, written: 1_000);
        await TurnAsync("[{\"name\":\"Read\",\"description\":\"new\"}]", read: 0, written: 42_000);
        await RunAsync();
        await RunAsync();
        await using var command = _source.CreateCommand("SELECT cause, changed_part, missed_tokens, wasted_micros, session_id FROM cache_misses");
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        // 41,000 tokens at Opus 5's (6.25 − 0.5) dollars per million.
        Assert.Equal(("prefix_changed", "tools[0]", 41_000L, 235_750L, "s1"), (reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetString(4)));
        Assert.False(await reader.ReadAsync());
        var page = await _session.PageAsync("/dashboard/cache?range=24h");
        Assert.Contains("tools[0]", page, StringComparison.Ordinal);
        Assert.Contains("$0.24", page, StringComparison.Ordinal);
        await using var place = _source.CreateCommand("SELECT conversation_id FROM conversation_sessions WHERE session_id = 's1'");
        Assert.Contains($"href=\"/dashboard/conversation/{await place.ExecuteScalarAsync()}?view=timeline\"", page, StringComparison.Ordinal);
    }

    private async Task TurnAsync(string tools, int read, int written)
    {
        _upstream.Replies("application/json", System.Text.Encoding.UTF8.GetBytes(
            $$$"""{"type":"message","id":"msg_1","role":"assistant","model":"claude-opus-5","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":4,"cache_creation_input_tokens":{{{written}}},"cache_read_input_tokens":{{{read}}}}}"""));
        await _session.RequestAsync($$"""{"model":"claude-opus-5","metadata":{"user_id":"{\"session_id\":\"s1\"}"},"tools":{{tools}},"messages":[{"role":"user","content":"Hi"}]}""");
    }

    private async Task RunAsync()
    {
        await using var connection = await _source.OpenConnectionAsync();
        var job = _nexus.Services.GetRequiredService<CacheDoctorJob>();
        await job.RunAsync(new JobContext(connection, _ => Task.CompletedTask), default);
    }
}
