using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages.Tables;

public sealed partial class RequestOrderTests : IAsyncLifetime
{
    private const int Rows = 173;
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;
    private List<LedgerRow> _rows = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
        // Few values, so that many rows share one, and some of the same millisecond.
        _rows = [.. Enumerable.Range(0, Rows).Select(i => SeededLedger.Row(_now.AddSeconds(-600 - (i / 3)), i % 2 == 0 ? "one.example" : "two.example", i % 5 == 0 ? null : i % 4 * 1000, i % 7, i % 3))];
        await SeededLedger.AddAsync(_nexus, _rows);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("sort=time")]
    [InlineData("range=24h&sort=-cost")]
    [InlineData("range=24h&sort=cost")]
    [InlineData("range=24h&sort=-total")]
    [InlineData("range=1h&sort=output")]
    [InlineData("range=24h&sort=-first")]
    public async Task Walking_all_pages_gives_each_row_once_in_order_also_while_rows_arrive(string query)
    {
        var seen = new List<Guid>();
        var arrived = 0;
        for (var address = "/dashboard/requests?" + query; address.Length > 0;)
        {
            var page = WebUtility.HtmlDecode(await _session.PageAsync(address, htmx: true));
            seen.AddRange(Row().Matches(page).Select(match => Guid.Parse(match.Groups[1].Value)));
            address = Next().Match(page).Groups[1].Value;
            // Now, and one that took long: it arrives late with a time that pages have passed.
            await SeededLedger.AddAsync(_nexus, SeededLedger.Row(DateTimeOffset.UtcNow, costMicros: 1500, durationMs: 3, output: 1), SeededLedger.Row(_now.AddSeconds(-630), costMicros: 2500, durationMs: 4, output: 2));
            arrived += 2;
        }

        Assert.Distinct(seen);
        var known = _rows.ToDictionary(row => row.Id);
        Assert.Equal(known.Keys.Order(), seen.Where(known.ContainsKey).Order());
        Assert.InRange(seen.Count, Rows, Rows + arrived);
        long Figure(LedgerRow row) => query switch
        {
            _ when query.EndsWith("cost", StringComparison.Ordinal) => row.CostMicros ?? -1,
            _ when query.EndsWith("total", StringComparison.Ordinal) => row.DurationMs,
            _ when query.EndsWith("output", StringComparison.Ordinal) => row.OutputTokens,
            _ when query.EndsWith("first", StringComparison.Ordinal) => -1,
            _ => row.StartedAt.UtcTicks,
        };
        var figures = seen.Where(known.ContainsKey).Select(id => Figure(known[id])).ToList();
        Assert.Equal(query is "" || query.Contains("sort=-", StringComparison.Ordinal) ? figures.OrderDescending() : figures.Order(), figures);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sort=time")]
    [InlineData("domain=two.example")]
    [InlineData("range=24h&sort=-cost")]
    [InlineData("range=1h&sort=output")]
    public async Task Going_back_from_the_last_page_meets_the_same_pages_to_the_first(string query)
    {
        var (pages, last) = (new List<List<string>>(), "");
        for (var address = "/dashboard/requests?" + query; address.Length > 0; address = Next().Match(last).Groups[1].Value)
            pages.Add(Ids(last = WebUtility.HtmlDecode(await _session.PageAsync(address, htmx: true))));
        var back = new List<List<string>> { pages[^1] };
        for (var address = Before().Match(last).Groups[1].Value; address.Length > 0; address = Before().Match(last).Groups[1].Value)
            back.Insert(0, Ids(last = WebUtility.HtmlDecode(await _session.PageAsync(address, htmx: true))));
        Assert.True(pages.Count > 1);
        Assert.Equal(pages, back);
        // The first page is the first page, with its link to the next, also by nonsense.
        Assert.DoesNotContain("button newer", last, StringComparison.Ordinal);
        Assert.Equal(pages[0], Ids(await _session.PageAsync($"/dashboard/requests?{query}&after=nonsense", htmx: true)));
        Assert.Equal(pages[1], Ids(await _session.PageAsync(Next().Match(last).Groups[1].Value, htmx: true)));

        static List<string> Ids(string page) => [.. Row().Matches(page).Select(match => match.Groups[1].Value)];
    }

    [Theory]
    [InlineData("domain=two.example")]
    [InlineData("range=24h&domain=one.example&sort=-cost")]
    [InlineData("sort=time")]
    [InlineData("range=24h&sort=total&outcome=completed")]
    public async Task The_link_to_the_file_gives_exactly_the_rows_of_all_pages_in_their_order(string query)
    {
        var seen = new List<string>();
        var export = "";
        for (var address = "/dashboard/requests?" + query; address.Length > 0;)
        {
            var page = WebUtility.HtmlDecode(await _session.PageAsync(address, htmx: true));
            seen.AddRange(Row().Matches(page).Select(match => match.Groups[1].Value));
            export = Export().Match(page).Groups[1].Value;
            address = Next().Match(page).Groups[1].Value;
        }

        var lines = (await _session.PageAsync(export)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(seen, lines.Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!));
    }

    [Fact]
    public async Task A_figure_sorts_no_more_than_a_month_and_the_head_chooses_a_time_where_none_is()
    {
        var open = await _session.PageAsync("/dashboard/requests?sort=-cost", htmx: true);
        Assert.Contains("Sorting by a figure needs a time range of at most 31 days.", open, StringComparison.Ordinal);
        Assert.Contains("sse-connect", open, StringComparison.Ordinal);
        Assert.Contains("href=\"/dashboard/requests?range=24h&amp;sort=-cost\"", open, StringComparison.Ordinal);
        var bounded = await _session.PageAsync("/dashboard/requests?range=24h&sort=-cost", htmx: true);
        Assert.DoesNotContain("needs a time range", bounded, StringComparison.Ordinal);
        Assert.DoesNotContain("sse-connect", bounded, StringComparison.Ordinal);
        foreach (var nonsense in new[] { "1", "1_2_3_4", $"x_{Guid.Empty}_1_", $"5_{Guid.Empty}_99999999999999999_" })
            Assert.Contains("id=\"r-", await _session.PageAsync("/dashboard/requests?range=24h&sort=-cost&before=" + nonsense, htmx: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_in_the_order_of_a_figure_holds_the_newest_as_the_page_does()
    {
        await using var scope = _nexus.Services.CreateAsyncScope();
        var found = await RequestOrder.Sorted(scope.ServiceProvider.GetRequiredService<NexusDbContext>().Requests.AsNoTracking(), "cost", ascending: false, most: 9).ToListAsync();
        Assert.Equal(_rows.Take(9).Select(row => row.CostMicros ?? -1).OrderDescending(), found.Select(row => row.CostMicros ?? -1));
    }

    [Theory]
    [InlineData("/dashboard/requests?domain=%00")]
    [InlineData("/dashboard/usage?domain=a%00b")]
    [InlineData("/api/export/requests?range=24h&domain=%00")]
    public async Task What_no_row_can_have_is_the_askers_mistake_and_no_trouble_of_the_database(string address)
    {
        await _session.PageAsync(address.Split('?')[0].Contains("export", StringComparison.Ordinal) ? "/dashboard" : address.Split('?')[0]);
        using var answer = await _session.SendAsync(address);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("none that the database can hold (22021", body, StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("X-Nexus-Database-Away"));
    }

    [Fact]
    public async Task A_changed_filter_is_answered_with_the_counts_that_the_others_leave()
    {
        var usage = new SeededUsage(((Database)_nexus.Services.GetService(typeof(Database))!).DataSource);
        await usage.AddAsync(_now.AddMinutes(-_now.Minute % 5).AddHours(-2), "one.example", "acc", 1, requests: 40);
        await usage.AddAsync(_now.AddMinutes(-_now.Minute % 5).AddHours(-2), "two.example", "acc", 1, "claude-haiku-5", requests: 7);
        Assert.Contains("<option value=\"one.example\">one.example (40)</option>", await _session.PageAsync("/dashboard/requests?range=24h"), StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/dashboard/requests?range=24h&model=claude-haiku-5") { Headers = { { "Cookie", _session.Cookie }, { "HX-Request", "true" }, { "HX-Trigger", "filters" } } };
        using var answer = await _nexus.Dashboard.SendAsync(request);
        var fragment = await answer.Content.ReadAsStringAsync();
        Assert.Contains("hx-swap-oob=\"true\"", fragment, StringComparison.Ordinal);
        Assert.Contains("<option value=\"one.example\">one.example (0)</option>", fragment, StringComparison.Ordinal);
        Assert.Contains("<option value=\"two.example\">two.example (7)</option>", fragment, StringComparison.Ordinal);
        Assert.DoesNotContain("hx-swap-oob", await _session.PageAsync("/dashboard/requests?range=24h", htmx: true), StringComparison.Ordinal);
    }

    [GeneratedRegex("<tr id=\"r-([0-9a-f-]{36})\"")]
    private static partial Regex Row();

    [GeneratedRegex("class=\"button older\" href=\"([^\"]*)\"")]
    private static partial Regex Next();

    [GeneratedRegex("class=\"button newer\" href=\"([^\"]*)\"")]
    private static partial Regex Before();

    [GeneratedRegex("href=\"(/api/export/requests[^\"]*format=jsonl)\"")]
    private static partial Regex Export();
}
