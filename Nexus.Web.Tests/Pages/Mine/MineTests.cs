using System.Net;
using System.Text.RegularExpressions;
using Nexus.Web.Access.Keys;
using Nexus.Web.Conversations;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages.Mine;

/// <summary>What a member finds of their own, page by page, by words and by the palette; and nothing of anybody else.</summary>
public sealed partial class MineTests : IAsyncLifetime
{
    private const string Ada = "ada@one.example";
    private const string Bob = "bob@one.example";
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private readonly List<LedgerRow> _requests = [.. Enumerable.Range(0, 90).Select(i => Request(i))];
    private readonly List<ConversationRow> _conversations = [];
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private Visitor _ada = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync(), settings: Visitor.SingleSignOn($"{Ada}=member, {Bob}=viewer"));
        await _nexus.ReadyAsync();
        var keys = new Dictionary<string, string>
        {
            [Ada] = (await _nexus.NewKeyAsync(new KeyRequest("laptop", "Ada@One.example", "one.example", []))).Row.Id,
            [Bob] = (await _nexus.NewKeyAsync(new KeyRequest("desk", Bob, "one.example", []))).Row.Id,
        };
        for (var i = 0; i < 90; i++)
        {
            var (owner, at) = (_requests[i].Owner!, Now.AddMinutes(-10 * i));
            // Two of them share their time: the id decides.
            at = i % 10 == 2 ? at.AddMinutes(20) : at;
            _conversations.Add(new() { Id = Guid.CreateVersion7(at), Domain = "one.example", StartedAt = at, LastAt = at, LastHour = new(at.UtcDateTime.Date.AddHours(at.UtcDateTime.Hour), TimeSpan.Zero), Title = $"mend the pump {i} of {owner}", Owners = [owner], KeyIds = [keys[owner]], Accounts = [], Models = [], Requests = 1, Turns = 1 });
        }

        await SeededLedger.AddAsync(_nexus, _requests.Cast<object>().Concat(_conversations));
        _ada = await Visitor.EnterAsync(_nexus, Ada);
    }

    public async Task DisposeAsync()
    {
        _ada.Dispose();
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Older_requests_and_conversations_are_reached_page_by_page_each_once()
    {
        var requests = await WalkAsync("Older requests", Shown("id=\"r-"));
        Assert.Equal(_requests.Where(row => row.Owner == Ada).OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id).Select(row => row.Id), requests);
        var conversations = await WalkAsync("Older conversations", Shown("href=\"/dashboard/conversation/"));
        Assert.Equal(_conversations.Where(row => row.Owners[0] == Ada).Select(row => row.Id).Order(), conversations.Order());
        Assert.Equal(45, conversations.Count);
    }

    [Fact]
    public async Task A_search_finds_by_an_id_a_model_or_a_domain_and_nothing_of_others()
    {
        var (mine, other) = (_requests[40], _requests[41]);
        Assert.Equal((Ada, Bob), (mine.Owner, other.Owner));
        var found = await _ada.PageAsync($"/dashboard/mine?q={mine.Id}");
        Assert.Equal([mine.Id], Ids(found, Shown("id=\"r-")));
        Assert.Contains($"value=\"{mine.Id}\"", found, StringComparison.Ordinal);
        Assert.Contains("Nothing of yours matches", await _ada.PageAsync($"/dashboard/mine?q={other.Id}"), StringComparison.Ordinal);
        var haiku = Ids(await _ada.PageAsync("/dashboard/mine?q=HAIKU"), Shown("id=\"r-"));
        Assert.Equal(_requests.Where(row => row is { Owner: Ada, ModelServed: "claude-haiku-4-5" }).OrderByDescending(row => row.StartedAt).Select(row => row.Id).Take(20), haiku);
        Assert.Contains("Nothing of yours matches", await _ada.PageAsync("/dashboard/mine?q=%25"), StringComparison.Ordinal);
        Assert.Empty(Ids(await _ada.PageAsync("/dashboard/mine?before=nonsense&earlier=9_x&q=zebra"), Shown("id=\"r-")));
    }

    [Fact]
    public async Task Budgets_of_the_person_are_bars_and_those_of_others_are_not_shown()
    {
        foreach (var (name, subject) in new[] { ("budget of ada", "ADA@one.example"), ("budget of bob", Bob) })
            await _nexus.LimitAsync(new { name, scope = "owner", subject, amount = 5_000_000, period = "month" });
        var page = await _ada.PageAsync("/dashboard/mine");
        Assert.Contains("budget of ada", page, StringComparison.Ordinal);
        Assert.Contains("$5", page, StringComparison.Ordinal);
        Assert.Contains("class=\"budget-bar\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("budget of bob", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_palette_finds_what_is_one_s_own_by_title_and_id_whatever_the_role()
    {
        var (mine, other) = (_requests[40], _requests[41]);
        var found = await _ada.PageAsync("/dashboard/palette?q=" + mine.Id);
        Assert.Contains($"/dashboard/request/{mine.Id}", found, StringComparison.Ordinal);
        Assert.DoesNotContain("/dashboard/request/", await _ada.PageAsync("/dashboard/palette?q=" + other.Id), StringComparison.Ordinal);
        found = await _ada.PageAsync("/dashboard/palette?q=the%20pu");
        Assert.Contains("My conversations", found, StringComparison.Ordinal);
        Assert.Contains("of ada@one.example", found, StringComparison.Ordinal);
        Assert.DoesNotContain(Bob, found, StringComparison.Ordinal);
        Assert.Contains("/dashboard/mine?q=the%20pu", found, StringComparison.Ordinal);
        Assert.DoesNotContain("/dashboard/conversations?q=", found, StringComparison.Ordinal);
        using var bob = await Visitor.EnterAsync(_nexus, Bob);
        found = await bob.PageAsync("/dashboard/palette?q=the%20pu");
        Assert.Contains("of bob@one.example", found, StringComparison.Ordinal);
        Assert.DoesNotContain(Ada, found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("-1_0190f0e0-0000-7000-8000-000000000000")]
    [InlineData("99999999999999999999_0190f0e0-0000-7000-8000-000000000000")]
    public void What_is_no_place_is_none(string text) => Assert.Null(ConversationPlace.Parse(text));

    [Fact]
    public void A_place_is_read_as_it_is_written()
    {
        var place = new ConversationPlace(Now, Guid.CreateVersion7());
        Assert.Equal(place, ConversationPlace.Parse(place.ToString()));
    }

    private static LedgerRow Request(int i)
    {
        var row = SeededLedger.Row(Now.AddMinutes(-10 * i));
        (row.Owner, row.ModelServed) = (i % 2 == 0 ? Ada : Bob, i % 6 == 0 ? "claude-haiku-4-5" : "claude-opus-5");
        return row;
    }

    /// <summary>What all pages show, from the first to the last.</summary>
    private async Task<List<Guid>> WalkAsync(string older, Regex shown)
    {
        var (all, address) = (new List<Guid>(), "/dashboard/mine");
        for (var pages = 0; pages < 10; pages++)
        {
            var page = await _ada.PageAsync(address);
            Assert.DoesNotContain(Bob, page, StringComparison.Ordinal);
            all.AddRange(Ids(page, shown));
            if (Older().Matches(page).FirstOrDefault(match => match.Groups[2].Value == older) is not { } link)
                return all;
            address = WebUtility.HtmlDecode(link.Groups[1].Value);
        }

        throw new InvalidOperationException("The pages do not end.");
    }

    private static List<Guid> Ids(string page, Regex shown) => [.. shown.Matches(page).Select(match => Guid.Parse(match.Groups[1].Value))];

    private static Regex Shown(string before) => new(Regex.Escape(before) + "([0-9a-f-]{36})\"");

    [GeneratedRegex("<a class=\"button older\" href=\"([^\"]+)\"[^>]*>([^<]+)</a>")]
    private static partial Regex Older();
}
