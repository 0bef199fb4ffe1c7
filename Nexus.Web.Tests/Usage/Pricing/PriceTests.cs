using CsCheck;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Pricing;
using Xunit;

namespace Nexus.Web.Tests.Usage.Pricing;

public sealed class PriceTests
{
    private static readonly Gen<long> Micros = Gen.Long[0, PriceChecks.Highest];
    private static readonly Gen<Price> Prices = Gen.Select(Micros, Micros, Micros, Micros, Micros, (a, b, c, d, e) => new Price(a, b, c, d, e));
    private static readonly Gen<long> Count = Gen.OneOf(Gen.Long[0, 1000], Gen.Long[0, int.MaxValue]);
    private static readonly Gen<TokenUsage> Tokens = Gen.Select(Count, Count, Count, Count, Count, (a, b, c, d, e) => new TokenUsage(a, b, c, d, e));

    [Fact]
    public void Cost_is_additive_over_classes_and_over_requests_before_it_is_rounded() => Gen.Select(Prices, Tokens, Tokens).Sample((price, a, b) =>
    {
        Assert.Equal(price.Exact(a + b), price.Exact(a) + price.Exact(b));
        TokenUsage[] classes = [new(a.Input, 0, 0, 0, 0), new(0, a.Output, 0, 0, 0), new(0, 0, a.CacheCreation5m, 0, 0), new(0, 0, 0, a.CacheCreation1h, 0), new(0, 0, 0, 0, a.CacheRead)];
        Assert.Equal(price.Exact(a), classes.Aggregate((Int128)0, (sum, part) => sum + price.Exact(part)));
        Assert.Equal(price.ExactSavings(a + b), price.ExactSavings(a) + price.ExactSavings(b));
    });

    [Fact]
    public void More_tokens_or_a_higher_price_never_cost_less_and_nothing_overflows() => Gen.Select(Prices, Prices, Tokens, Tokens).Sample((price, more, a, b) =>
    {
        var cost = Price.Round(price.Exact(a));
        Assert.InRange(cost, 0, Price.Round(price.Exact(a + b)));
        var dearer = new Price(price.Input + more.Input, price.Output + more.Output, price.CacheRead + more.CacheRead, price.CacheWrite5m + more.CacheWrite5m, price.CacheWrite1h + more.CacheWrite1h);
        Assert.InRange(cost, 0, Price.Round(dearer.Exact(a)));
    });

    [Fact]
    public void Rounding_is_to_the_nearest_micro_dollar_and_halves_go_away_from_zero()
    {
        Assert.Equal([0, 0, 1, 1, 2, -1, 0], new Int128[] { 0, 499_999, 500_000, 1_499_999, 1_500_000, -500_000, -499_999 }.Select(Price.Round));
        Assert.Equal((long.MaxValue, -long.MaxValue), (Price.Round(Int128.MaxValue / 4), Price.Round(Int128.MinValue / 4)));
        Gen.Long.Sample(value => Assert.Equal(Math.Round(value / 1_000_000m, MidpointRounding.AwayFromZero), Price.Round(value)));
    }

    [Fact]
    public void Savings_are_the_cost_without_a_cache_less_the_cost_with_it() => Gen.Select(Prices, Tokens).Sample((price, tokens) =>
        Assert.Equal(price.Exact(new(tokens.Prompt, tokens.Output, 0, 0, 0)) - price.Exact(tokens), price.ExactSavings(tokens)));
}
