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

    [Fact]
    [Trait("Category", "Long")]
    public async Task Every_usage_page_and_API_call_over_ten_million_requests_stays_under_300_ms_at_the_median_and_500_at_the_99th_percentile()
    {
        var now = DateTimeOffset.UtcNow;
        await using var source = NpgsqlDataSource.Create(_database);
        foreach (var statement in LedgerSeed.Statements(now, 10_000_000))
            await ExecuteAsync(source, statement);
        var rows = await UsageRebuild.RunAsync(source, null, null, now, _ => { }, CancellationToken.None);
        Assert.InRange(rows, 9_880_000, 10_000_000);
        await ExecuteAsync(source, LedgerSeed.Settle);
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.ReadyAsync();
        await nexus.LimitAsync(new { name = "month", scope = "owner", subject = "*", amount = 5_000_000_000_000, period = "month", timeZone = "Europe/Berlin" });
        using var viewer = await PagesScenario.LogInAsync(nexus.Dashboard.BaseAddress!.Port, NexusApp.Key);
        var figures = await PagesScenario.FiguresAsync(viewer, nexus.Proxy.BaseAddress!.Port, nexus.Dashboard.BaseAddress.Port, 100);
        foreach (var figure in figures)
            output.WriteLine($"{figure.What}: {figure.Measured}");
        Assert.All(figures, figure => Assert.True(figure.Hit, $"{figure.What}: {figure.Measured}"));
        Assert.Equal(rows, await LimitClient.ScalarAsync<long>(_database, "SELECT sum(requests)::bigint FROM usage_1d"));
        Assert.Equal(rows, await LimitClient.ScalarAsync<long>(_database, "SELECT sum(requests)::bigint FROM usage_1h"));
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
