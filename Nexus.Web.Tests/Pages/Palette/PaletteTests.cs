using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Capture;
using Nexus.Web.Pages;
using Nexus.Web.Pages.Palette;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages.Palette;

public sealed partial class PaletteTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    private async Task<List<(string Text, string Does)>> FindAsync(string words) =>
        [.. Option().Matches(WebUtility.HtmlDecode(await _session.PageAsync("/dashboard/palette?q=" + Uri.EscapeDataString(words), htmx: true))).Select(match => (match.Groups[2].Value, match.Groups[1].Value))];

    [Fact]
    public async Task Pages_actions_and_jobs_are_found_by_words_and_everything_that_is_listed_exists()
    {
        var all = await FindAsync("");
        Assert.Equal(Navigation.Groups.Sum(group => group.Entries.Length), all.Count(option => Navigation.Groups.Any(group => group.Entries.Any(entry => option == (entry.Title, $"href=\"{entry.Href}\"")))));
        Assert.Contains(("Toggle theme", "act=\"theme\""), all);
        Assert.Contains(("Run backup now", "post=\"/dashboard/backups?handler=Run&job=database-backup\""), await FindAsync("backup"));
        Assert.Contains(("New key", "href=\"/dashboard/keys#new-key\""), await FindAsync("new KEY"));
        var vacuum = await FindAsync("vacuum");
        Assert.Contains(("vacuum", "href=\"/dashboard/job/vacuum\""), vacuum);
        Assert.Contains(("Run vacuum now", "post=\"/dashboard/jobs?handler=Run&job=vacuum\""), vacuum);
        Assert.Equal(("Backups", "href=\"/dashboard/backups\""), (await FindAsync("ba"))[0]);
    }

    [Fact]
    public async Task Records_are_found_by_the_beginning_of_an_id_a_name_or_a_title_and_their_text_is_only_text()
    {
        var id = await _session.RequestAsync();
        Assert.Contains((id, $"href=\"/dashboard/request/{id}\""), await FindAsync(id[..10]));
        Assert.Contains((id, $"href=\"/dashboard/request/{id}\""), await FindAsync(id));
        Assert.DoesNotContain(await FindAsync(id[..5]), option => option.Text == id);
        await _session.PostAsync("/dashboard/keys", "/dashboard/keys?handler=Create", true, ("name", "lap_top <b>"), ("owner", "ada"), ("domain", "one.example"), ("models", ""), ("expires", ""), ("capture", ""), ("reason", ""));
        Assert.Contains(await FindAsync("LAP_TOP"), option => option.Text == "lap_top <b>" && option.Does.StartsWith("href=\"/dashboard/key/key_", StringComparison.Ordinal));
        Assert.Contains("&lt;b&gt;", await _session.PageAsync("/dashboard/palette?q=lap_top"), StringComparison.Ordinal);
        // The signs of a pattern are themselves.
        Assert.DoesNotContain(await FindAsync("lap%top"), option => option.Text.StartsWith("lap", StringComparison.Ordinal));
        await _nexus.PayForAsync("pool.example", """{"accounts":[{"type":"api_key","accountId":"acc_first","api_key":"sk-ant-1"}]}""");
        Assert.Contains(("acc_first", "href=\"/dashboard/accounts#a-acc_first\""), await FindAsync("acc_f"));
        await _session.PostAsync("/dashboard/requests", "/dashboard/views?handler=Save", false, ("page", "requests"), ("name", "Dear ones"), ("query", "?range=24h"));
        Assert.Contains(await FindAsync("dear"), option => option.Text == "Dear ones" && option.Does.StartsWith("href=\"/dashboard/requests?range=24h&saved=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_request_is_found_by_the_whole_id_that_anthropic_gave_it_on_the_viewers_clock_and_an_old_one_is_said_not_to_be()
    {
        var (row, old) = (SeededLedger.Row(DateTimeOffset.UtcNow.AddHours(-30)), SeededLedger.Row(DateTimeOffset.UtcNow.AddDays(-9)));
        (row.UpstreamRequestId, old.UpstreamRequestId) = ("req_011CSHoEeqs5C35K2UUqR7Fy", "req_011CSHoEeqs5C35K2UUqOldOne");
        await SeededLedger.AddAsync(_nexus, row, old);
        Assert.Contains((row.Id.ToString(), $"href=\"/dashboard/request/{row.Id}\""), await FindAsync(row.UpstreamRequestId));
        Assert.DoesNotContain(await FindAsync(row.UpstreamRequestId[..12]), option => option.Does.Contains("/dashboard/request", StringComparison.Ordinal));
        Assert.Contains(("No request of the last 7 days had this id", "href=\"/dashboard/requests?range=7d\""), await FindAsync(old.UpstreamRequestId));
        var found = await _session.PageAsync("/dashboard/palette?q=" + row.UpstreamRequestId, htmx: true, zone: "Asia/Tokyo");
        Assert.Matches("<time datetime=\"[^\"]*\" title=\"[^\"]* UTC\" data-zone=\"Asia/Tokyo\">", found);
    }

    [Fact]
    public async Task A_conversation_is_found_by_its_title()
    {
        await _session.RequestAsync("""{"model":"claude-opus-5","metadata":{"user_id":"{\"session_id\":\"6f1a4f5e-3a54-4c39-8d7a-0d9c1f1c2b3a\"}"},"system":[{"type":"text","text":"You are Claude Code."}],"messages":[{"role":"user","content":"Why does the retry test fail?"}]}""");
        await NexusApp.UntilAsync(async () => (await FindAsync("retry test")).Exists(option => option.Text.Contains("retry test", StringComparison.Ordinal) && option.Does.StartsWith("href=\"/dashboard/conversation/", StringComparison.Ordinal)), "the conversation is found");
        Assert.Contains(await FindAsync("retry"), option => option.Does == "href=\"/dashboard/conversations?q=retry\"");
    }

    [Fact]
    public async Task A_stranger_finds_nothing_and_with_the_database_away_pages_are_still_found()
    {
        using (var stranger = await _nexus.Dashboard.GetAsync("/dashboard/palette?q=keys"))
            Assert.Equal(HttpStatusCode.Redirect, stranger.StatusCode);
        await using var away = await NexusApp.StartAsync(_upstream);
        var session = await DashboardSession.StartAsync(away);
        var found = await session.PageAsync("/dashboard/palette?q=requests", htmx: true);
        Assert.Contains("/dashboard/requests", found, StringComparison.Ordinal);
        Assert.Contains("The database is away", found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_somebody_may_not_open_is_not_offered()
    {
        await using var scope = _nexus.Services.CreateAsyncScope();
        var reachable = scope.ServiceProvider.GetRequiredService<ReachablePages>();
        var nobody = new System.Security.Claims.ClaimsPrincipal(new System.Security.Claims.ClaimsIdentity());
        foreach (var address in new[] { "/dashboard", "/dashboard/keys#new-key", "/dashboard/request/" + Guid.NewGuid(), "/dashboard/backups?handler=Run", "/dashboard/no-such-page" })
            Assert.False(await reachable.AllowsAsync(nobody, address), address);
        Assert.True(await reachable.AllowsAsync(nobody, "/dashboard/login"));
    }

    [Theory]
    [InlineData("01a2122e", "01a2122e-0000-0000-0000-000000000000", "01a2122e-ffff-ffff-ffff-ffffffffffff")]
    [InlineData("01a2122e-286b-7d", "01a2122e-286b-7d00-0000-000000000000", "01a2122e-286b-7dff-ffff-ffffffffffff")]
    [InlineData("01a2122", null, null)]
    [InlineData("deadbeefcafe", null, null)]
    [InlineData("01a2122e 286b", null, null)]
    [InlineData("0-0-0-0-", null, null)]
    public void The_beginning_of_an_id_stands_for_all_ids_that_begin_so(string text, string? least, string? most)
    {
        var prefix = IdPrefix.Of(text);
        Assert.Equal((least, most), (prefix?.Least.ToString(), prefix?.Most.ToString()));
    }

    [Fact]
    public void Letters_of_the_navigation_lead_to_one_page_each()
    {
        var letters = Navigation.Groups.SelectMany(group => group.Entries).Select(entry => entry.Letter).OfType<char>().ToList();
        Assert.Distinct(letters);
        Assert.All(letters, letter => Assert.InRange(letter, 'a', 'z'));
    }

    [GeneratedRegex("<div role=\"option\"[^>]*?data-((?:href|post|act)=\"[^\"]*\")[^>]*><span>(.*?)</span>")]
    private static partial Regex Option();
}
