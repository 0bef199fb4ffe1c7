using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage.Pricing;
using Xunit;

namespace Nexus.Web.Tests.Usage.Pricing;

/// <summary>The list that Nexus ships with, as the database gives it back.</summary>
public sealed class PriceListTests(PriceListTests.Shipped shipped) : IClassFixture<PriceListTests.Shipped>
{
    [Theory]
    [InlineData("claude-fable-5", 10)]
    [InlineData("claude-mythos-5-20261001", 10)]
    [InlineData("claude-mythos-preview", 10)]
    [InlineData("claude-opus-5", 5)]
    [InlineData("claude-opus-5-20260801", 5)]
    [InlineData("claude-opus-4-5", 5)]
    [InlineData("claude-opus-4-8", 5)]
    [InlineData("claude-opus-4-5-20251101", 5)]
    [InlineData("claude-opus-4-50", 5)]
    [InlineData("claude-opus-4-20250514", 15)]
    [InlineData("claude-opus-4-1", 15)]
    [InlineData("claude-opus-4-9", 15)]
    [InlineData("claude-3-opus-20240229", 15)]
    [InlineData("claude-4-opus", 15)]
    [InlineData("claude-sonnet-5", 3)]
    [InlineData("claude-sonnet-4-6", 3)]
    [InlineData("claude-3-7-sonnet-20250219", 3)]
    [InlineData("claude-haiku-4-5", 1)]
    [InlineData("claude-3-5-haiku-20241022", 0.8)]
    [InlineData("claude-3.5-haiku", 0.8)]
    [InlineData("claude-3-haiku-20240307", 0.25)]
    [InlineData("claude-2.1", 8)]
    [InlineData("CLAUDE-HAIKU-4-5", 1)]
    [InlineData("anthropic.claude-haiku-4-5-v1:0", 1)]
    public void The_first_rule_that_matches_is_the_price(string model, double input)
    {
        var rule = shipped.List.Find(model, Exchanges.Noon, prompt: 0);
        Assert.Equal((input * 1_000_000, false), (rule.Price.Input, rule.Fallback));
        Assert.Equal(rule.Price.Input * 2, rule.Price.CacheWrite1h);
    }

    [Theory]
    [InlineData("2026-08-31T23:59:59.999Z", 2)]
    [InlineData("2026-09-01T00:00:00.000Z", 3)]
    [InlineData("2026-09-01T01:59:59.999+02:00", 2)]
    public void The_introductory_price_ends_by_the_time_of_serving(string served, long input) =>
        Assert.Equal(input * 1_000_000, shipped.List.Find("claude-sonnet-5", DateTimeOffset.Parse(served, System.Globalization.CultureInfo.InvariantCulture), prompt: 0).Price.Input);

    [Theory]
    [InlineData("gpt-oss")]
    [InlineData("claude-haiku-5")]
    [InlineData("")]
    [InlineData(null)]
    public void A_model_that_no_rule_names_gets_the_fallback(string? model)
    {
        var rule = shipped.List.Find(model, Exchanges.Noon, prompt: 0);
        Assert.Equal((3_000_000, 15_000_000, true), (rule.Price.Input, rule.Price.Output, rule.Fallback));
    }

    [Fact]
    public void The_shipped_list_passes_its_own_checks() => Assert.Empty(PriceChecks.Problems(shipped.List.Rules));

    [Fact]
    public void A_tier_applies_to_prompts_above_it_only()
    {
        var list = new PriceList(1, [new("long", new(6, 0, 0, 0, 0), PromptAbove: 200_000), new("long", new(3, 0, 0, 0, 0)), new(".*", default, Fallback: true)]);
        Assert.Equal([3, 3, 6], new long[] { 0, 200_000, 200_001 }.Select(prompt => list.Find("long-1", Exchanges.Noon, prompt).Price.Input));
    }

    [Fact]
    public void No_pattern_of_an_operator_can_hold_up_ingest()
    {
        var list = new PriceList(1, [new("(a+)+(b+)+(.*a)*$x", default), new(".*", default, Fallback: true)]);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < 2000; i++)
            Assert.True(list.Find(new string('a', 100_000) + i, Exchanges.Noon, prompt: 0).Fallback);
        // Backtracking would take longer than anyone waits.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), watch.Elapsed.ToString());
    }

    [Fact]
    public void Faults_of_a_list_are_named_by_their_rule()
    {
        var fallback = new PriceRule(".*", default, Fallback: true);
        Assert.Empty(PriceChecks.Problems([fallback]));
        Assert.Contains("1 to 200 rules", PriceChecks.Problems([])[0], StringComparison.Ordinal);
        Assert.Contains("Rule 1: the pattern is no regular expression", PriceChecks.Problems([new("(", default), fallback])[0], StringComparison.Ordinal);
        Assert.Contains("Rule 1: the pattern '(?=a)a' needs look-around", PriceChecks.Problems([new("(?=a)a", default), fallback])[0], StringComparison.Ordinal);
        Assert.Contains("Rule 1: the output price must be between", PriceChecks.Problems([new("a", new(0, -1, 0, 0, 0)), fallback])[0], StringComparison.Ordinal);
        Assert.Contains("Rule 1: it ends before it begins", PriceChecks.Problems([new("a", default, Exchanges.Noon, Exchanges.Noon), fallback])[0], StringComparison.Ordinal);
        Assert.Contains("must be the fallback", PriceChecks.Problems([fallback, new("a", default)])[0], StringComparison.Ordinal);
        Assert.Contains("must fit every request", PriceChecks.Problems([new("a", default, Fallback: true)])[0], StringComparison.Ordinal);
    }

    public sealed class Shipped : IAsyncLifetime
    {
        private FakeAnthropic _upstream = null!;
        private NexusApp _nexus = null!;

        internal PriceList List { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            _upstream = await FakeAnthropic.StartAsync();
            _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
            List = (await _nexus.Services.GetRequiredService<PriceBook>().NewestAsync(CancellationToken.None))!;
        }

        public async Task DisposeAsync()
        {
            await _nexus.DisposeAsync();
            await _upstream.DisposeAsync();
        }
    }
}
