using Nexus.Web.Tests.Usage;
using Nexus.Web.Usage.Pricing;
using Xunit;

namespace Nexus.Web.Tests.Usage.Pricing;

public sealed class PriceFileTests
{
    [Fact]
    public void A_list_survives_the_way_through_a_file()
    {
        var list = new PriceList(4, [new("a", new(1_250_000, 1, 0, 30_000, 10_000_000_000), Exchanges.Noon, Exchanges.Noon.AddDays(1), 200_000), new(".*", default, Fallback: true)]);
        var (version, rules) = PriceFile.Read(PriceFile.Write(list));
        Assert.Equal(4, version);
        Assert.Equal(list.Rules, rules);
        Assert.Contains("\"input\": 1.25", PriceFile.Write(list), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("{}")]
    [InlineData("""{"rules":[{"pattern":"a","prise":1}]}""")]
    [InlineData("""{"rules":[{"pattern":"a","input":99999999999999999999}]}""")]
    public void What_is_no_price_list_is_refused_in_words(string json) => Assert.Throws<FormatException>(() => PriceFile.Read(json));
}
