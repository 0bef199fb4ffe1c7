using Bunit;
using Nexus.Web.Pages.Shared.Kit;
using Xunit;

namespace Nexus.Web.Tests.Pages.Kit;

public sealed class KitTests : BunitContext
{
    [Fact]
    public void An_estimate_is_marked_and_says_why()
    {
        var money = Render<Money>(money => money.Add(m => m.Micros, 1_234_567).Add(m => m.Estimated, true).Add(m => m.Why, "no price")).Find(".money");
        Assert.Equal(("≈ $1.23", "$1.234567, estimated: no price"), (money.TextContent, money.GetAttribute("title")));
        Assert.Equal("$1.23", Render<Money>(known => known.Add(m => m.Micros, 1_234_567)).Find(".money").TextContent);
    }

    [Fact]
    public void Rounded_numbers_keep_the_exact_one_for_the_pointer()
    {
        var tokens = Render<Tokens>(tokens => tokens.Add(t => t.Count, 1_234_567)).Find(".tokens");
        Assert.Equal(("1.2M", "1,234,567 tokens"), (tokens.TextContent, tokens.GetAttribute("title")));
        var duration = Render<Duration>(duration => duration.Add(d => d.Milliseconds, 12_345)).Find(".duration");
        Assert.Equal(("12.3 s", "12,345 ms"), (duration.TextContent, duration.GetAttribute("title")));
        Assert.Equal("–", Render<Duration>(none => none.Add(d => d.Milliseconds, null)).Find(".duration").TextContent);
    }

    [Theory]
    [InlineData(120, 100, "bad", "bad", "▲more by 20 %")]
    [InlineData(80, 100, "bad", "good", "▼less by 20 %")]
    [InlineData(120, 100, "good", "good", "▲more by 20 %")]
    [InlineData(120, 100, null, "", "▲more by 20 %")]
    [InlineData(100, 100, "bad", "", "=unchanged, 0 %")]
    [InlineData(100_001, 100_000, "bad", "", "=unchanged, 0 %")]
    [InlineData(5_000, 100, null, "", "▲more by 50 ×")]
    public void A_change_has_a_direction_and_a_judgement_only_where_growth_has_one(long now, long before, string? growth, string tone, string text)
    {
        var delta = Render<Delta>(delta => delta.Add(d => d.Now, now).Add(d => d.Before, before).Add(d => d.Growth, growth)).Find(".delta");
        Assert.Equal(text, delta.TextContent);
        Assert.Equal($"delta {tone}".Trim(), delta.ClassName!.Trim());
    }

    [Fact]
    public void A_change_from_nothing_is_not_shown() => Assert.Equal("", Render<Delta>(delta => delta.Add(d => d.Now, 5).Add(d => d.Before, 0)).Markup.Trim());

    [Fact]
    public void A_sparkline_starts_at_zero_and_has_gaps_where_nothing_is_known()
    {
        var line = Render<Sparkline>(line => line.Add(s => s.Values, [0, 10, null, 5, 5]).Add(s => s.Label, "Errors per hour"));
        Assert.Equal(["M0,23 L25,1", "M75,12 L100,12"], line.FindAll(".line").Select(path => path.GetAttribute("d")));
        Assert.Equal("Errors per hour", line.Find("svg").GetAttribute("aria-label"));
        Assert.Empty(Render<Sparkline>(none => none.Add(s => s.Values, []).Add(s => s.Label, "x")).FindAll("path"));
        Assert.Equal("M0,23 L100,23", Render<Sparkline>(zero => zero.Add(s => s.Values, [0, 0]).Add(s => s.Label, "x")).Find(".line").GetAttribute("d"));
    }

    [Theory]
    [InlineData(40, "", "40", "40 %")]
    [InlineData(80, "warn", "80", "80 %")]
    [InlineData(95, "bad", "95", "95 %")]
    [InlineData(140, "bad", "100", "140 %")]
    public void A_gauge_changes_colour_at_its_thresholds_and_never_leaves_its_track(double value, string tone, string width, string said)
    {
        var gauge = Render<Gauge>(gauge => gauge.Add(g => g.Value, value).Add(g => g.Limit, 100).Add(g => g.Label, "Budget").Add(g => g.Pace, 0.5));
        Assert.Equal($"gauge {tone}".Trim(), gauge.Find("div").ClassName!.Trim());
        Assert.Equal(width, gauge.Find(".fill").GetAttribute("width"));
        Assert.Equal(said, gauge.Find("svg").GetAttribute("aria-valuetext"));
        Assert.Equal(["80", "95"], gauge.FindAll(".mark").Select(mark => mark.GetAttribute("x1")));
        Assert.Equal("50", gauge.Find(".pace").GetAttribute("x1"));
    }

    [Fact]
    public void A_filter_offers_what_the_URL_names_even_where_it_is_unknown_and_counts_where_it_can()
    {
        var select = Render<FilterSelect>(select => select.Add(s => s.Label, "Model").Add(s => s.Name, "model").Add(s => s.Options, [new("a", "A", 1_500), new("b")]).Add(s => s.Value, "gone"));
        Assert.Equal(["any", "A (1.5K)", "b", "gone"], select.FindAll("option").Select(option => option.TextContent));
        Assert.Equal("gone", select.Find("option[selected]").GetAttribute("value"));
        Assert.Contains("chosen", select.Find("label").ClassList);
    }

    [Fact]
    public void The_default_range_leaves_no_trace_in_the_URL()
    {
        var picker = Render<RangePicker>(picker => picker.Add(p => p.Presets, [new("24h", "last 24 hours"), new("7d", "last 7 days")]).Add(p => p.Value, "24h").Add(p => p.Default, "24h").Add(p => p.Zone, "Europe/Berlin"));
        Assert.Equal(["", "7d", "custom"], picker.FindAll("option").Select(option => option.GetAttribute("value")));
        Assert.Equal("", picker.Find("option[selected]").GetAttribute("value"));
        Assert.Equal(2, picker.FindAll("input[type=datetime-local]").Count);
        Assert.Contains("Europe/Berlin", picker.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_filter_bar_is_a_form_that_works_without_a_script()
    {
        var bar = Render<FilterBar>(bar => bar.Add(b => b.Action, "/dashboard/usage").AddChildContent("<input name=q>")).Find("form");
        Assert.Equal(("get", "/dashboard/usage", "/dashboard/usage", "true"), (bar.GetAttribute("method"), bar.GetAttribute("action"), bar.GetAttribute("hx-get"), bar.GetAttribute("hx-push-url")));
        Assert.NotNull(bar.QuerySelector("button.no-script"));
    }

    [Fact]
    public void Tabs_lead_to_addresses_and_mark_the_one_that_is_shown()
    {
        var tabs = Render<Tabs>(tabs => tabs.Add(t => t.Items, [new("a", "A", "/x"), new("b", "B", "/x?view=b", 1_200)]).Add(t => t.Current, "b").Add(t => t.Label, "Views"));
        Assert.Equal("/x?view=b", tabs.Find("[aria-current=page]").GetAttribute("href"));
        Assert.Equal("1.2K", tabs.Find(".count").TextContent);
    }

    [Fact]
    public void A_dialog_is_named_by_its_title_and_opened_by_its_button()
    {
        var dialog = Render<Dialog>(dialog => dialog.Add(d => d.Id, "new").Add(d => d.Title, "New key").AddChildContent("<p>x</p>")).Find("dialog");
        Assert.Equal("New key", dialog.QuerySelector("#" + dialog.GetAttribute("aria-labelledby"))!.TextContent);
        Assert.False(dialog.HasAttribute("open"));
        var button = Render<OpenDialog>(open => open.Add(o => o.For, "new").AddChildContent("Make one")).Find("button");
        Assert.Equal(("new", "show-modal"), (button.GetAttribute("commandfor"), button.GetAttribute("command")));
    }

    [Fact]
    public void A_secret_is_copied_from_where_it_stands_and_said_to_be_shown_once()
    {
        var secret = Render<SecretOnce>(secret => secret.Add(s => s.Value, "cnp_live_x"));
        Assert.Equal("cnp_live_x", secret.Find("#" + secret.Find("[data-copy]").GetAttribute("data-copy")).TextContent);
        Assert.Contains("shown this once", secret.Markup, StringComparison.Ordinal);
        Assert.Equal("Copy the secret", secret.Find("button").GetAttribute("aria-label"));
    }

    [Fact]
    public void Notices_toasts_and_empty_states_say_what_they_are_given()
    {
        var notice = Render<Notice>(notice => notice.Add(n => n.Tone, "bad").Add(n => n.Title, "It failed.").Add(n => n.Urgent, true).AddChildContent("Because.")).Find(".notice.bad");
        Assert.Equal("alert", notice.GetAttribute("role"));
        Assert.Null(Render<Notice>().Find(".notice").GetAttribute("role"));
        var toast = Render<Toast>(toast => toast.Add(t => t.Message, "Saved")).Find("#toast");
        Assert.Equal(("true", "status", "Saved"), (toast.GetAttribute("hx-swap-oob"), toast.GetAttribute("role"), toast.TextContent));
        Assert.Equal("No key yet", Render<EmptyState>(empty => empty.Add(e => e.Title, "No key yet")).Find(".empty h2").TextContent);
    }

    [Fact]
    public void A_table_can_be_scrolled_by_keyboard_and_is_named()
    {
        var table = Render<DataTable>(table => table.Add(t => t.Label, "Keys").Add(t => t.Head, "<th>Key</th>").AddChildContent("<tr><td>a</td></tr>").Add(t => t.Foot, "<tr><td>all</td></tr>"));
        var region = table.Find("[role=region]");
        Assert.Equal(("Keys", "0"), (region.GetAttribute("aria-label"), region.GetAttribute("tabindex")));
        Assert.Equal("all", table.Find("tfoot td").TextContent);
    }

    [Fact]
    public void A_tile_leads_to_its_detail_and_shows_what_it_is_given()
    {
        var tile = Render<Tile>(tile => tile.Add(t => t.Label, "Spend").Add(t => t.Value, "$1").Add(t => t.Href, "/dashboard/usage").Add(t => t.Tone, "bad").Add(t => t.Note, "today").Add(t => t.Trend, "<i></i>"));
        Assert.Equal(("/dashboard/usage", "Spend"), (tile.Find("a").GetAttribute("href"), tile.Find("a").TextContent));
        Assert.Equal(("$1", "today"), (tile.Find("dd.bad").TextContent.Trim(), tile.Find(".note").TextContent));
        Assert.NotNull(tile.Find(".trend i"));
    }

    [Fact]
    public void A_snippet_has_a_button_that_copies_it()
    {
        var snippet = Render<Snippet>(snippet => snippet.Add(s => s.Id, "s").Add(s => s.Text, "export A=1"));
        Assert.Equal("export A=1", snippet.Find("#" + snippet.Find("button").GetAttribute("data-copy")).TextContent);
    }

    [Fact]
    public void A_verdict_has_a_sign_for_those_who_do_not_see_its_colour()
    {
        var signs = new[] { "good", "warn", "bad", "" }.Select(tone => Render<VerdictLine>(line => line.Add(v => v.Tone, tone).Add(v => v.Title, "T").AddChildContent("<li><a href=/x>why</a></li>")).Find(".verdict"));
        Assert.Equal(["✓", "!", "✕", "…"], signs.Select(line => line.QuerySelector("[aria-hidden]")!.TextContent));
    }

    [Fact]
    public void A_skeleton_has_the_lines_of_what_comes_and_says_that_it_is_on_its_way()
    {
        var skeleton = Render<Skeleton>(skeleton => skeleton.Add(s => s.Lines, 3));
        Assert.Equal(3, skeleton.FindAll("i").Count);
        Assert.Equal("Loading…", skeleton.Find("[role=status] .hidden").TextContent);
    }

    [Fact]
    public void A_line_is_said_by_its_ends()
    {
        Assert.Equal("Errors: from 0 to 9, 4 at last", Sparkline.Words("Errors", [0, 9, null, 4], value => value.ToString("0", System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal("Errors: nothing is known", Sparkline.Words("Errors", [null], _ => ""));
    }

    [Fact]
    public void A_change_says_what_was_before_in_its_own_unit() =>
        Assert.Equal("$2.00 a day before", Render<Delta>(delta => delta.Add(d => d.Now, 3_000_000).Add(d => d.Before, 2_000_000).Add(d => d.BeforeText, "$2.00").Add(d => d.Period, "a day before")).Find(".delta").GetAttribute("title"));
}
