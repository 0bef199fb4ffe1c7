using Nexus.Bench.Scenarios;
using Nexus.Bench.Seed;
using Nexus.Web.Tests.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage.Accounting;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace Nexus.Web.Tests.Usage;

/// <summary>Runs by itself: it measures.</summary>
[CollectionDefinition(nameof(TenMillionRowsTests), DisableParallelization = true)]
[Collection(nameof(TenMillionRowsTests))]
public sealed class TenMillionRowsTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Turns = 30;
    private FakeAnthropic _upstream = null!;
    private string _database = "";

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync() + ";Command Timeout=1800";
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        await Postgres.DropAsync(_database);
    }

    [Theory]
    [InlineData(200_000)]
    [InlineData(10_000_000)]
    [Trait("Category", "Long")]
    public async Task Usage_pages_and_API_calls_stay_under_300_ms_at_the_median_and_500_at_the_99th_percentile_and_the_main_pages_under_50_ms(long stored)
    {
        var now = DateTimeOffset.UtcNow;
        await using var source = NpgsqlDataSource.Create(_database);
        foreach (var statement in LedgerSeed.Statements(now, stored))
            await ExecuteAsync(source, statement);
        var rows = await UsageRebuild.RunAsync(source, null, null, now, _ => { }, CancellationToken.None);
        Assert.InRange(rows, (long)(stored * 0.988), stored);
        await ExecuteAsync(source, LedgerSeed.Settle);
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.ReadyAsync();
        await nexus.LimitAsync(new { name = "month", scope = "owner", subject = "*", amount = 5_000_000_000_000, period = "month", timeZone = "Europe/Berlin" });
        var (request, conversation) = await TalkAsync(nexus);
        using var viewer = await PagesScenario.LogInAsync(nexus.Dashboard.BaseAddress!.Port, NexusApp.Key);
        var figures = await PagesScenario.FiguresAsync(viewer, nexus.Proxy.BaseAddress!.Port, nexus.Dashboard.BaseAddress.Port, 100);
        figures = [.. figures, .. await PagesScenario.RenderingAsync(viewer, nexus.Dashboard.BaseAddress.Port, request, conversation, 100)];
        foreach (var figure in figures)
            output.WriteLine($"{figure.What}: {figure.Measured}");
        Assert.All(figures, figure => Assert.True(figure.Hit, $"{figure.What}: {figure.Measured}"));
        Assert.Equal(rows + Turns, await LimitClient.ScalarAsync<long>(_database, "SELECT sum(requests)::bigint FROM usage_1d"));
        Assert.Equal(rows + Turns, await LimitClient.ScalarAsync<long>(_database, "SELECT sum(requests)::bigint FROM usage_1h"));
    }

    /// <summary>A conversation of some length with all that was said: the seeded ones are figures alone. Its last request and its first, which names it.</summary>
    private async Task<(Guid Request, Guid Conversation)> TalkAsync(NexusApp nexus)
    {
        _upstream.Replies("text/event-stream", Streams.Whole);
        var session = await DashboardSession.StartAsync(nexus);
        var messages = new List<string>();
        var ids = new List<Guid>();
        for (var turn = 0; turn < Turns; turn++)
        {
            messages.Add($$"""{"role":"user","content":"Question {{turn}}: {{new string('w', 1000)}}"}""");
            ids.Add(Guid.Parse(await session.RequestAsync($$"""{"model":"claude-opus-5","stream":true,"system":"{{new string('s', 20_000)}}","messages":[{{string.Join(',', messages)}}]}""", "team1.bench.example")));
            messages.Add("""{"role":"assistant","content":[{"type":"thinking","thinking":"Let me see.","signature":"c2ln"},{"type":"text","text":"Hello"},{"type":"tool_use","id":"toolu_1","name":"Bash","input":{"command":"ls"}}]}""");
        }

        return (ids[^1], ids[0]);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
