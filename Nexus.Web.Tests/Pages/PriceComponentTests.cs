using Bunit;
using Nexus.Web.Pages.Prices;
using Nexus.Web.Pages.Shared.Prices;
using Nexus.Web.Usage.Pricing;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class PriceComponentTests : BunitContext
{
    private static readonly CostLine[] Lines = [new("Input", 3, 250_000), new("Output", 7, 1_250_000), new("Output, streamed and not reported", 2, 1_250_000, Estimated: true)];

    [Fact]
    public void A_cost_is_shown_as_its_products_their_exact_sum_and_what_is_estimated()
    {
        var cost = new CostFigures(12, 3, "aborted", -40, [new("m", "m.*", false, Lines), new("other", "fallback", true, [new("Output", 1, 15_000_000)])], FreeAttempts: 2);
        var view = Render<CostView>(view => view.Add(v => v.Cost, cost));
        Assert.Equal(["$0.00000075", "$0.00000875", "$0.0000025", "$0.000015"], view.FindAll("tbody td:last-child").Select(cell => cell.TextContent).Where(text => text.StartsWith('$')));
        Assert.Equal("$0.000027", view.Find("tfoot strong").TextContent);
        Assert.Equal(2, view.FindAll(".pill.warn").Count);
        Assert.Contains("2 attempts without output are free", view.Markup, StringComparison.Ordinal);
        Assert.Contains("a token per 3.5 bytes", view.Markup, StringComparison.Ordinal);
        Assert.Contains("Caching cost", view.Markup, StringComparison.Ordinal);
        Assert.Equal("/dashboard/prices#version-3", view.Find("a").GetAttribute("href"));
    }

    [Fact]
    public void Nothing_billed_says_why() =>
        Assert.Contains("reported no usage", Render<CostDetails>(view => view.Add(v => v.Cost, new CostFigures(null, null, null, 0, [], 0))).Markup, StringComparison.Ordinal);

    [Fact]
    public void The_form_gives_back_what_was_typed_with_what_is_wrong_and_never_moves_the_fallback()
    {
        PriceRuleFields[] rules = [new("<(", "soon", "", "x", "1,5", "", "0", "0", "0", false), PriceForm.Fields(new(".*", default, Fallback: true))];
        var (_, problems) = PriceForm.Parse(rules);
        Assert.Equal(4, problems.Count);
        var form = Render<PriceEditor>(form => form.Add(f => f.Rules, rules).Add(f => f.BasedOn, 1).Add(f => f.Token, "t").Add(f => f.Problems, problems));
        Assert.Equal("<(", form.Find("input.pattern").GetAttribute("value"));
        Assert.Equal(4, form.FindAll("[role=alert] li").Count);
        Assert.True(form.Find("button[value='down:0']").HasAttribute("disabled"));
        var moved = rules.ToList();
        foreach (var order in new[] { "down:0", "up:1", "remove:1", "up:0", "remove:-1", "nonsense", "remove:99999999999" })
            PriceForm.Rearrange(moved, order);
        Assert.Equal(rules, moved);
    }

    [Theory]
    [InlineData("1.25", 1_250_000L)]
    [InlineData("$0.000001", 1L)]
    [InlineData("0", 0L)]
    [InlineData("0.0000001", null)]
    [InlineData("-1", null)]
    [InlineData("1e3", null)]
    [InlineData("79228162514264337593543950335", null)]
    public void A_price_is_dollars_with_a_point_down_to_a_micro_dollar(string text, long? micros) => Assert.Equal(micros, PriceForm.Dollars(text));

    [Fact]
    public void Changes_between_versions_are_said_in_words()
    {
        var a = new PriceRule("a", new(1_000_000, 2_000_000, 0, 0, 0));
        var b = new PriceRule("b", default, PromptAbove: 200_000);
        var last = new PriceRule(".*", default, Fallback: true);
        Assert.Empty(PriceChanges.Between([a, b, last], [a, b, last]));
        Assert.Equal("a: input $1 → $1.5", Assert.Single(PriceChanges.Between([a, last], [a with { Price = a.Price with { Input = 1_500_000 } }, last])).Text);
        Assert.Equal("moved", Assert.Single(PriceChanges.Between([a, b, last], [b, a, last])).Kind);
        Assert.Equal([("removed", "b, prompts above 200,000 tokens"), ("added", "c")], PriceChanges.Between([a, b, last], [a, new("c", default), last]).Select(change => (change.Kind, change.Text.Split(':')[0])));
    }
}
