using System.Net;
using System.Text.RegularExpressions;
using Bunit;
using Nexus.Web.Pages.Prices;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Backups;
using Nexus.Web.Pages.Shared.Health;
using Nexus.Web.Pages.Shared.Prices;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Tests.Pages.Tables;
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
    public void Prices_begin_with_a_day_of_UTC_and_any_other_moment_is_a_time_for_its_viewer()
    {
        var (day, moment) = (new DateTimeOffset(2026, 9, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 10, 1, 12, 30, 0, TimeSpan.Zero));
        var table = Render<PriceTable>(table => table.Add(t => t.Rules, [new("a", null, day, null, 1, 1, 1, 1, 1, false), new("b", day, moment, null, 1, 1, 1, 1, 1, false), new("c", null, null, null, 1, 1, 1, 1, 1, true)]));
        var served = table.FindAll("td.served:nth-child(3)");
        Assert.Equal(["before 2026-09-01", "2026-09-01 to 2026-10-01 12:30:00 UTC", "any time"], served.Select(cell => cell.TextContent.Trim()));
        Assert.Equal("2026-10-01T12:30:00.000Z", served[1].QuerySelector("time")!.GetAttribute("datetime"));
        Assert.Equal([true, true, false], served.Select(cell => cell.HasAttribute("title")));
    }

    [Fact]
    public void Where_a_preview_ends_and_since_when_moments_can_be_had_are_times_for_their_viewer()
    {
        var at = new DateTimeOffset(2026, 10, 1, 12, 30, 0, TimeSpan.Zero);
        var preview = Render<RepriceView>(view => view.Add(v => v.Preview, new RepricePreview(3, at, at, false, at, 5, 2, 10, 20, [])));
        Assert.Contains("up to 2026-10-01 12:30:00 UTC: the preview ends there", preview.Find("p").TextContent, StringComparison.Ordinal);
        Assert.NotNull(preview.Find("p time"));
        var backups = Render<BackupList>(list => list.Add(l => l.Backups, []).Add(l => l.Jobs, []).Add(l => l.View, TestViews.Of(KnownTables.Backups)).Add(l => l.Token, "t").Add(l => l.Moments, new RecoverableMoments("base-backup", at)));
        Assert.Contains("Every moment since 2026-10-01 12:30:00 UTC can be had", backups.Find("p time").ParentElement!.TextContent, StringComparison.Ordinal);
        Assert.NotNull(Render<BackupList>(list => list.Add(l => l.Backups, []).Add(l => l.Jobs, []).Add(l => l.View, TestViews.Of(KnownTables.Backups)).Add(l => l.Token, "t").Add(l => l.Moments, new RecoverableMoments("base-backup", null))).Find("a[href='/dashboard/job/base-backup']"));
    }

    [Fact]
    public void A_check_tells_its_times_to_its_viewer_and_leaves_all_else_as_it_is()
    {
        var seen = Render<SeenText>(text => text.Add(t => t.Text, "That of <one.example> is good for 3 days, until 2026-10-01 12:30:00 UTC. Not 2026-13-41 99:00:00 UTC."));
        Assert.Equal("2026-10-01T12:30:00.000Z", Assert.Single(seen.FindAll("time")).GetAttribute("datetime"));
        var words = WebUtility.HtmlDecode(Regex.Replace(Regex.Replace(seen.Markup, "<[^>]*>", ""), "\\s+", " ")).Trim();
        Assert.Equal("That of <one.example> is good for 3 days, until 2026-10-01 12:30:00 UTC. Not 2026-13-41 99:00:00 UTC.", words.Replace("UTC .", "UTC.", StringComparison.Ordinal));
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
    [InlineData(true)]
    [InlineData(false)]
    public void What_prices_would_change_says_when_not_all_requests_were_looked_at(bool whole)
    {
        var at = new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
        var preview = new RepricePreview(0, at.AddDays(-30), at, whole, at.AddDays(-3), 500_000, 2, 3_000_000, 2_000_000, [new("<m>", 500_000, 2, 3_000_000, 2_000_000)]);
        var view = Render<PriceWhatIf>(view => view.Add(v => v.Preview, preview));
        Assert.Equal(!whole, view.Markup.Contains("up to 2026-11-21 12:00:00 UTC (looking ends there)", StringComparison.Ordinal));
        Assert.Equal(["500,000", "2", "$3.00", "$2.00"], view.FindAll("tbody td").Take(4).Select(cell => cell.TextContent.Trim()));
        Assert.Contains("Nothing is saved yet", view.Markup, StringComparison.Ordinal);
        Assert.Contains("nothing would change", Render<PriceWhatIf>(empty => empty.Add(v => v.Preview, preview with { Rows = 0, Models = [] })).Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Subagents_have_no_link_for_whoever_may_not_read_conversations()
    {
        SubagentLine line = new("subagent 2", null, default, "one.example", "Ada", 3, 250_000, Estimated: true);
        var view = Render<SubagentTable>(view => view.Add(v => v.Total, 1_000_000).Add(v => v.View, new SubagentView([line], Whole: false, null)));
        Assert.Equal("subagent 2", view.Find("tbody th").TextContent.Trim());
        Assert.Empty(view.FindAll("tbody th a"));
        Assert.Equal("25 %", view.FindAll("tbody td")[^1].TextContent);
        Assert.Contains("there are more than are looked at", view.Markup, StringComparison.Ordinal);
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
