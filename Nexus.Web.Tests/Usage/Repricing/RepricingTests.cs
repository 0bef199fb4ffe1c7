using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Capture;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Jobs;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Pricing;
using Nexus.Web.Usage.Repricing;
using Xunit;

namespace Nexus.Web.Tests.Usage.Repricing;

public sealed class RepricingTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private string _database = null!;
    private NexusApp _nexus = null!;

    private PriceBook Prices => _nexus.Services.GetRequiredService<PriceBook>();

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task The_job_rewrites_costs_and_leaves_ledger_and_rollups_the_same_and_says_who_asked()
    {
        await AddLimitAsync();
        await FillAsync(2300);
        var outside = await SumAsync("started_at < '2026-11-25T11:00:00Z'");
        var before = await SumAsync("started_at >= '2026-11-25T11:00:00Z'");
        // Opus costs twice as much, gpt-oss gets a price.
        await SaveAsync(rules => [new("gpt-oss", new(1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000)), .. rules.Select(rule => rule.Pattern == "claude-opus-5" ? rule with { Price = new(10_000_000, 50_000_000, 1_000_000, 12_500_000, 20_000_000) } : rule)]);

        var (preview, whole) = await PreviewAsync(most: 1_000_000);
        Assert.True(whole);
        var period = new RepriceArguments(new(2026, 11, 25, 11, 0, 0, TimeSpan.Zero), new(2026, 11, 26, 0, 0, 0, TimeSpan.Zero), "a test", "192.0.2.1");
        var jobs = new JobHistory(_nexus);
        await jobs.ServingAsync();
        await jobs.StateAsync(_nexus.Services.GetRequiredService<JobRequests>().Start(RepriceJob.Id, period), "Succeeded");

        var run = Assert.Single(await jobs.RunsAsync());
        Assert.Equal(("succeeded", true), (run.Outcome, run.ByHand));
        var result = JsonDocument.Parse(run.Result!).RootElement;
        Assert.Equal((preview.Rows, preview.OldMicros, preview.NewMicros), (result.GetProperty("rows").GetInt64(), result.GetProperty("oldMicros").GetInt64(), result.GetProperty("newMicros").GetInt64()));
        Assert.Equal(before, preview.OldMicros);
        Assert.Equal(preview.NewMicros, await SumAsync("started_at >= '2026-11-25T11:00:00Z'"));
        Assert.Equal(outside, await SumAsync("started_at < '2026-11-25T11:00:00Z'"));
        Assert.Equal(0, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM requests WHERE started_at >= '2026-11-25T11:00:00Z' AND (price_version <> 2 OR cost_estimate LIKE 'unpriced%')"));
        Assert.NotEqual(0, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM requests WHERE cost_estimate = 'aborted' AND price_version = 2"));
        await LedgerSums.AssertEqualRollupsAsync(_database);
        Assert.Equal(await SumAsync("true"), await LedgerSums.NumberAsync(_database, "SELECT sum(micros)::bigint FROM limit_counters WHERE limit_id = 'lim_all'"));

        await using var db = await _nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
        var audit = await db.Audit.AsNoTracking().Where(row => row.Action.StartsWith("prices.")).OrderBy(row => row.Id).ToListAsync();
        Assert.Equal([("tester", "prices.changed", "version 2"), ("a test", "prices.repriced", "version 2")], audit.Select(row => (row.Actor, row.Action, row.Subject)));
    }

    [Fact]
    public async Task A_run_that_was_cut_off_goes_on_where_it_stopped_while_new_requests_come_in()
    {
        await FillAsync(2300);
        await SaveAsync(rules => [.. rules.Select(rule => rule with { Price = new(rule.Price.Input * 3, rule.Price.Output, rule.Price.CacheRead, rule.Price.CacheWrite5m, rule.Price.CacheWrite1h) })]);
        using var cut = new CancellationTokenSource();
        await using var connection = await _nexus.Services.GetRequiredService<Database>().JobsDataSource.OpenConnectionAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Repricer.RewriteAsync(connection, Prices.Newest!, Exchanges.Noon.AddDays(-1), Exchanges.Noon.AddDays(1), _ => cut.CancelAsync(), cut.Token));
        Assert.Equal(Repricer.BatchSize, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM requests WHERE price_version = 2"));
        await LedgerSums.AssertEqualRollupsAsync(_database);

        var ingest = FillAsync(500, seed: 9);
        var rest = await Repricer.RewriteAsync(connection, Prices.Newest!, Exchanges.Noon.AddDays(-1), Exchanges.Noon.AddDays(1), _ => Task.CompletedTask, CancellationToken.None);
        await ingest;
        Assert.Equal(2300 - Repricer.BatchSize, rest.Rows);
        Assert.Equal(0, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM requests WHERE price_version <> 2"));
        await LedgerSums.AssertEqualRollupsAsync(_database);
    }

    [Fact]
    public async Task A_preview_is_bounded_and_says_up_to_where_it_went()
    {
        await FillAsync(3000);
        await SaveAsync(rules => [.. rules.Skip(1)]);
        var (differences, whole) = await PreviewAsync(most: 100);
        Assert.False(whole);
        Assert.InRange(differences.Rows, 100, 2000);
        Assert.NotNull(differences.UpTo);
        Assert.Equal(differences.Rows, differences.Models.Sum(model => model.Rows));
    }

    [Fact]
    public async Task A_row_that_an_older_version_stored_without_a_cost_gets_one()
    {
        await FillAsync(3);
        await LedgerSums.NumberAsync(_database, "UPDATE requests SET cost_micros = NULL, price_version = NULL, cost_estimate = NULL, cache_savings_micros = 0; SELECT 1");
        foreach (var tier in RollupTier.All)
            await LedgerSums.NumberAsync(_database, $"UPDATE {tier.Table} SET cost_micros = 0, estimated_cost_micros = 0, cache_savings_micros = 0, unpriced_requests = 0; SELECT 1");
        await using var connection = await _nexus.Services.GetRequiredService<Database>().JobsDataSource.OpenConnectionAsync();
        await Repricer.RewriteAsync(connection, Prices.Newest!, Exchanges.Noon.AddDays(-1), Exchanges.Noon.AddDays(1), _ => Task.CompletedTask, CancellationToken.None);
        Assert.Equal(3, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM requests WHERE cost_micros > 0 AND price_version = 1"));
        await LedgerSums.AssertEqualRollupsAsync(_database);
    }

    [Fact]
    public async Task Both_nodes_price_by_a_new_version_and_two_who_save_at_once_do_not_overwrite_each_other()
    {
        await using var other = await NexusApp.StartAsync(_upstream, _database);
        var prices = other.Services.GetRequiredService<PriceBook>();
        await NexusApp.UntilAsync(() => Task.FromResult(prices.Newest?.Version == 1), "the other node knows the first list");
        await SaveAsync(rules => [new("new-model", default), .. rules]);
        await NexusApp.UntilAsync(() => Task.FromResult(prices.Newest?.Version == 2), "the other node knows the second list");
        Assert.Equal("new-model", prices.Newest!.Rules[0].Pattern);

        var (version, problems) = await other.Services.GetRequiredService<PriceLists>().SaveAsync(1, Prices.Find(1)!.Rules, "too late", new("b", null), CancellationToken.None);
        Assert.Null(version);
        Assert.Contains("Version 2 was saved by tester while you edited version 1", Assert.Single(problems), StringComparison.Ordinal);
        (_, problems) = await other.Services.GetRequiredService<PriceLists>().SaveAsync(2, prices.Newest.Rules, "", new("b", null), CancellationToken.None);
        Assert.Equal(2, problems.Count);
    }

    [Fact]
    public async Task A_list_that_was_broken_by_hand_does_not_come_into_force()
    {
        await Prices.NewestAsync(CancellationToken.None);
        await LedgerSums.NumberAsync(_database, "INSERT INTO price_lists VALUES (2, now(), 'psql', 'oops'); INSERT INTO price_rules (version, position, pattern, input, output, cache_read, cache_write_5m, cache_write_1h, fallback) VALUES (2, 1, '(', 1, 1, 1, 1, 1, true); SELECT 1");
        await Prices.ReloadAsync(CancellationToken.None);
        Assert.Equal(1, Prices.Newest!.Version);
        Assert.NotNull(Prices.Find(2));
    }

    private async Task<(Differences, bool)> PreviewAsync(long most)
    {
        await using var connection = await _nexus.Services.GetRequiredService<Database>().DataSource.OpenConnectionAsync();
        return await Repricer.PreviewAsync(connection, Prices.Newest!, new(2026, 11, 25, 11, 0, 0, TimeSpan.Zero), new(2026, 11, 26, 0, 0, 0, TimeSpan.Zero), most, TimeSpan.FromMinutes(1), CancellationToken.None);
    }

    private async Task SaveAsync(Func<IReadOnlyList<PriceRule>, IReadOnlyList<PriceRule>> change)
    {
        var newest = (await Prices.NewestAsync(CancellationToken.None))!;
        var (version, problems) = await _nexus.Services.GetRequiredService<PriceLists>().SaveAsync(newest.Version, change(newest.Rules), "a reason", new Actor("tester", null), CancellationToken.None);
        Assert.Empty(problems);
        Assert.Equal(newest.Version + 1, version);
    }

    private async Task AddLimitAsync()
    {
        await using var db = await _nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
        var start = Exchanges.Noon.AddYears(-1);
        db.Add(new LimitRow { Id = "lim_all", Name = "all", Scope = "all", Subject = "", Amount = 1, Period = "day", StartsAt = start, CreatedAt = start, CreatedBy = "a test", UpdatedAt = start });
        await db.SaveChangesAsync();
    }

    private async Task FillAsync(int count, int seed = 5)
    {
        await using var writer = new LedgerWriter(_nexus.Services.GetRequiredService<Database>(), Prices, new(TimeProvider.System), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<LedgerWriter>.Instance);
        var random = new Random(seed);
        string[] models = ["claude-opus-5", "claude-haiku-4-5", "gpt-oss"];
        var exchanges = Enumerable.Range(0, count).Select(i =>
        {
            var usage = $$$"""{"input_tokens":{{{random.Next(1, 5000)}}},"output_tokens":{{{random.Next(5000)}}},"cache_read_input_tokens":{{{random.Next(50_000)}}}}""";
            var aborted = random.Next(4) == 0;
            return Exchanges.Of(Exchanges.Sse(usage, aborted ? null : "{}", "", models[random.Next(models.Length)]), aborted ? Outcome.ClientAborted : Outcome.Completed, at: Exchanges.Noon.AddSeconds(random.Next(-7200, 7200)));
        });
        foreach (var batch in exchanges.Chunk(1000))
            await writer.WriteAsync(batch, CancellationToken.None);
    }

    private Task<long> SumAsync(string where) => LedgerSums.NumberAsync(_database, $"SELECT coalesce(sum(cost_micros), 0)::bigint FROM requests WHERE {where}");
}
