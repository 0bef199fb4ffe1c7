using Bunit;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Tests.Pages.Tables;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class ComponentTests : BunitContext
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private static RequestLine Line(string outcome = "completed", int? status = 200) =>
        new(Guid.CreateVersion7(Noon), Noon, "one.example", "claude-opus-5-20260801", "claude-opus-5", "main", outcome, status, "claude-cli/2", 1500, 20, 3_000_000, 7, 3, 61_000);

    [Fact]
    public void An_empty_ledger_shows_the_next_step_and_an_empty_filter_its_way_out()
    {
        var first = Render<RequestResults>(results => results.Add(r => r.Rows, []).Add(r => r.View, TestViews.Of(KnownTables.Requests)).Add(r => r.AnyStored, false).Add(r => r.ProxyAddress, "http://gate:3000"));
        Assert.Contains("ANTHROPIC_BASE_URL=http://gate:3000", first.Markup, StringComparison.Ordinal);
        var filtered = Render<RequestResults>(results => results.Add(r => r.Rows, []).Add(r => r.View, TestViews.Of(KnownTables.Requests)));
        Assert.Contains("No request matches", filtered.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_is_next_where_no_domain_has_accounts()
    {
        Assert.Equal("", Render<NextPickView>(view => view.Add(v => v.Domains, [])).Markup.Trim());
        Assert.Equal("one.example", Render<NextPickView>(view => view.Add(v => v.Domains, ["one.example"])).Find("option").TextContent);
    }

    [Fact]
    public void A_failed_request_is_red_and_its_row_leads_to_its_page_under_the_same_filter()
    {
        var line = Line("upstream_cut");
        var table = Render<RequestTable>(table => table.Add(t => t.Rows, [line]).Add(t => t.View, TestViews.Of(KnownTables.Requests, "?outcome=errors")));
        Assert.Equal("200 upstream cut", table.Find(".pill.bad").TextContent);
        Assert.Equal($"/dashboard/request/{line.Id}?outcome=errors", table.Find("tbody a").GetAttribute("href"));
        Assert.Equal("asked for claude-opus-5", table.Find(".model").GetAttribute("title"));
        Assert.Contains("1.5K", table.Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("completed", 200, "good", "completed")]
    [InlineData("completed", 201, "good", "201 completed")]
    [InlineData("client_aborted", null, "warn", "client aborted")]
    [InlineData("upstream_error", 529, "bad", "529 upstream error")]
    public void An_outcome_has_a_colour_and_words(string outcome, int? status, string tone, string text)
    {
        var pill = Render<OutcomePill>(pill => pill.Add(p => p.Outcome, outcome).Add(p => p.Status, status)).Find(".pill");
        Assert.Contains(tone, pill.ClassList);
        Assert.Equal(text, pill.TextContent);
    }

    [Fact]
    public void Times_are_UTC_until_a_script_knows_better()
    {
        var time = Render<LocalTime>(time => time.Add(t => t.At, Noon)).Find("time");
        Assert.Equal(("2026-11-24T12:00:00.000Z", "2026-11-24 12:00:00 UTC", "2026-11-24 12:00:00 UTC"), (time.GetAttribute("datetime"), time.GetAttribute("title"), time.TextContent));
    }

    [Fact]
    public void Requests_in_flight_say_how_long_and_what_they_wait_for()
    {
        InFlightLine[] requests = [new(Guid.CreateVersion7(), Noon.AddSeconds(-90), "d", "POST", "/v1/messages", null, "cli/1", null, 0), new(Guid.CreateVersion7(), Noon, "d", "POST", "/v1/messages", "m", null, 200, 2048)];
        var list = Render<InFlightList>(list => list.Add(l => l.Requests, requests).Add(l => l.More, 3).Add(l => l.Now, Noon));
        Assert.Equal(["waiting for the upstream", "2 KB received"], list.FindAll(".state").Select(state => state.TextContent));
        Assert.Equal(["1 min 30 s", "0 ms"], list.FindAll(".elapsed").Select(elapsed => elapsed.TextContent));
        Assert.Contains("and 3 more", list.Markup, StringComparison.Ordinal);
        Assert.Equal("Nothing is on its way.", Render<InFlightList>(none => none.Add(l => l.Requests, [])).Find(".in-flight-none p").TextContent);
    }

    [Fact]
    public void The_chart_has_an_axis_that_fits_and_a_table_behind_it()
    {
        var hours = Enumerable.Range(0, 24).Select(i => new HourFigures(Noon.AddHours(i), i == 5 ? 130 : 0, i == 5 ? 30 : 0)).ToList();
        var chart = Render<HourlyChart>(chart => chart.Add(c => c.Hours, hours));
        Assert.Equal(["200", "150", "100", "50", "0"], chart.FindAll(".scale li").Select(tick => tick.TextContent));
        Assert.Equal("15", chart.FindAll("rect.errors")[5].GetAttribute("height"));
        Assert.Equal(24, chart.FindAll("#hours-table tbody tr").Count);
        Assert.Contains("130", chart.FindAll("#hours-table tbody tr")[5].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_that_fell_behind_says_by_how_much()
    {
        Assert.Contains("1.2K new requests", Render<BehindNotice>(notice => notice.Add(n => n.Href, "/x").Add(n => n.Count, 1234)).Markup, StringComparison.Ordinal);
        Assert.Contains("More new requests", Render<BehindNotice>(notice => notice.Add(n => n.Href, "/x")).Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Overview_tells_the_token_classes_apart_and_links_to_the_requests()
    {
        var figures = new Figures(10, 1, new(1, 2, 3, 4, 5), new(100, 200, 300), new(10, 20, 30));
        var page = Render<OverviewFigures>(page => page.Add(p => p.Today, figures).Add(p => p.Day, figures)
            .Add(p => p.Hours, [.. Enumerable.Range(0, 24).Select(i => new HourFigures(Noon.AddHours(i), 0, 0))]).Add(p => p.Models, [new("one.example", "m&m", 10, 1, new(1, 2, 3, 4, 5))]));
        Assert.Equal("/dashboard/requests?domain=one.example&model=m%26m&range=24h", page.Find(".scroll a").GetAttribute("href"));
        var classes = page.FindAll("meter").Select(meter => meter.GetAttribute("value"));
        Assert.Equal(["1", "2", "3", "4", "5"], classes);
    }

    [Fact]
    public void A_view_without_payload_says_why() =>
        Assert.Contains("JOURNAL_MAX_BYTES", Render<NothingKept>(view => view.Add(v => v.Why, "shed")).Markup, StringComparison.Ordinal);
}
