using System.Net;
using System.Text.RegularExpressions;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages.Tables;

public sealed partial class ConversationOrderTests
{
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    [Fact]
    public async Task Conversations_are_walked_by_a_figure_once_each_while_others_begin_and_counted_by_filter()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        var session = await DashboardSession.StartAsync(nexus);
        var rows = Enumerable.Range(0, 121).Select(i => Conversation(_now.AddMinutes(-10 - i), i % 3 == 0 ? "one.example" : "two.example", i % 6 * 1000, i % 4)).ToList();
        await AddAsync(nexus, rows);
        foreach (var (sort, figure) in new[] { ("-cost", (Func<ConversationRow, long>)(row => row.CostMicros)), ("errors", row => row.Errors), ("-turns", row => row.Turns) })
        {
            var seen = new List<Guid>();
            for (var address = "/dashboard/conversations?sort=" + sort; address.Length > 0;)
            {
                var page = WebUtility.HtmlDecode(await session.PageAsync(address, htmx: true));
                seen.AddRange(Row().Matches(page).Select(match => Guid.Parse(match.Groups[1].Value)));
                address = Next().Match(page).Groups[1].Value;
                await AddAsync(nexus, [Conversation(DateTimeOffset.UtcNow, "new.example", 2500, 1)]);
            }

            Assert.Distinct(seen);
            var known = rows.ToDictionary(row => row.Id);
            Assert.Equal(known.Keys.Order(), seen.Where(known.ContainsKey).Order());
            var figures = seen.Where(known.ContainsKey).Select(id => figure(known[id])).ToList();
            Assert.Equal(sort[0] == '-' ? figures.OrderDescending() : figures.Order(), figures);
        }

        foreach (var query in new[] { "?sort=-cost", "?range=30d", "?single=true", "?sort=errors" })
            await AssertBackAsync(session, query);

        var whole = await session.PageAsync("/dashboard/conversations?only=errors");
        Assert.Contains($"<option value=\"one.example\">one.example ({rows.Count(row => row.Domain == "one.example" && row.Errors > 0)})</option>", whole, StringComparison.Ordinal);
        Assert.Contains($"<option value=\"errors\" selected>with errors ({rows.Count(row => row.Errors > 0) + (await CountAsync(session, "new.example"))})</option>", whole, StringComparison.Ordinal);
        foreach (var query in new[] { "?single=true", "?q=why" })
        {
            var uncounted = await session.PageAsync("/dashboard/conversations" + query);
            Assert.Contains("<option value=\"errors\">with errors</option>", uncounted, StringComparison.Ordinal);
            Assert.DoesNotMatch("<option value=\"(one|two).example\">[^<]*\\(", uncounted);
        }

        var both = await session.PageAsync("/dashboard/conversations?single=true&sort=-cost", htmx: true);
        Assert.Contains("Single requests are in the order of their time alone.", both, StringComparison.Ordinal);
    }

    /// <summary>Going back from the last page meets the same pages.</summary>
    private static async Task AssertBackAsync(DashboardSession session, string query)
    {
        var (pages, last) = (new List<string>(), "");
        for (var address = "/dashboard/conversations" + query; address.Length > 0; address = Next().Match(last).Groups[1].Value)
            pages.Add(await IdsAsync(address));
        var back = new List<string> { pages[^1] };
        for (var address = Before().Match(last).Groups[1].Value; address.Length > 0; address = Before().Match(last).Groups[1].Value)
            back.Insert(0, await IdsAsync(address));
        Assert.True(pages.Count > 2, query);
        Assert.Equal(pages, back);
        Assert.Equal(pages[0], await IdsAsync($"/dashboard/conversations{query}&after=nonsense"));

        async Task<string> IdsAsync(string address) => string.Join('\n', Row().Matches(last = WebUtility.HtmlDecode(await session.PageAsync(address, htmx: true))).Select(match => match.Groups[1].Value));
    }

    private static async Task<int> CountAsync(DashboardSession session, string domain) =>
        Row().Count(await session.PageAsync($"/dashboard/conversations?only=errors&domain={domain}", htmx: true));

    private static ConversationRow Conversation(DateTimeOffset at, string domain, long cost, int errors)
    {
        var row = SeededLedger.Row(at);
        return new()
        {
            Id = row.Id,
            Domain = domain,
            StartedAt = row.StartedAt,
            LastAt = row.StartedAt,
            LastHour = Nexus.Web.Usage.TimeBuckets.StartOf(row.StartedAt, TimeSpan.FromHours(1)),
            Title = "Why?",
            Owners = [],
            KeyIds = [],
            Accounts = [],
            Models = ["claude-opus-5"],
            Turns = errors + 1,
            Requests = errors + 2,
            Errors = errors,
            CostMicros = cost,
        };
    }

    private static Task AddAsync(NexusApp nexus, IEnumerable<ConversationRow> rows) => SeededLedger.AddAsync(nexus, rows);

    [GeneratedRegex("<tr id=\"c-([0-9a-f-]{36})\"")]
    private static partial Regex Row();

    [GeneratedRegex("class=\"button newer\" href=\"([^\"]*)\"")]
    private static partial Regex Before();

    [GeneratedRegex("class=\"button older\" href=\"([^\"]*)\"")]
    private static partial Regex Next();
}
