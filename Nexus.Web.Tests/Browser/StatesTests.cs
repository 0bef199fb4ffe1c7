using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>What a viewer sees when answers are slow, fail, or come without a script, and what a printer gets.</summary>
[Collection(InTheBrowser.Name)]
public sealed class StatesTests(Chromium chromium) : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_slow_answer_is_announced_by_a_skeleton_and_a_failed_one_says_why_and_can_be_asked_again()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        await session.RequestAsync();
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/usage");
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await page.RouteAsync("**/dashboard/usage?range=30d**", async route =>
        {
            await go.Task;
            await route.ContinueAsync();
        });
        await page.SelectOptionAsync("select[name=range]", "30d");
        await Assertions.Expect(page.Locator("#results[aria-busy] > .skeleton")).ToBeVisibleAsync();
        await viewer.PictureAsync("slow");
        go.SetResult();
        await Assertions.Expect(page.Locator(".skeleton")).ToHaveCountAsync(0);
        await Assertions.Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("range=30d"));
        await viewer.AssertCleanAsync("slow");

        var broken = true;
        await page.RouteAsync("**/dashboard/usage?range=today**", async route =>
        {
            if (broken)
                await route.FulfillAsync(new() { Status = 500, Body = "" });
            else
                await route.ContinueAsync();
        });
        await page.SelectOptionAsync("select[name=range]", "today");
        await Assertions.Expect(page.Locator("#toast")).ToContainTextAsync("This part could not be loaded: the gateway answered 500");
        await viewer.PictureAsync("failed");
        broken = false;
        await page.ClickAsync("#toast >> text=Try again");
        await Assertions.Expect(page.Locator("#toast")).ToBeHiddenAsync();
        await Assertions.Expect(page.Locator("#results .tiles, #results .empty").First).ToBeVisibleAsync();

        await page.RouteAsync("**/dashboard/usage?range=month**", route => route.AbortAsync());
        await page.SelectOptionAsync("select[name=range]", "month");
        await Assertions.Expect(page.Locator("#toast")).ToContainTextAsync("the gateway cannot be reached");
        await page.ClickAsync("#toast [aria-label=Close]");
        await Assertions.Expect(page.Locator("#toast")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_session_that_has_ended_leads_to_the_login_and_back_to_the_place()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/usage?range=7d");
        await page.Context.ClearCookiesAsync(new() { Name = "nexus_session" });
        await page.SelectOptionAsync("select[name=range]", "30d");
        await viewer.ArrivesAtAsync("**/dashboard/login?*ReturnUrl=*");
        await page.FillAsync("input[name=key]", NexusApp.Key);
        await page.ClickAsync("button.primary");
        await viewer.ArrivesAtAsync("**/dashboard/usage?range=7d");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Usage");
    }

    [Fact]
    public async Task Without_a_script_every_page_is_read_in_the_viewer_s_own_time_where_that_is_known()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        var id = await session.RequestAsync();
        await using var viewer = await chromium.LogInAsync(_nexus, scripts: false);
        await viewer.Page.Context.AddCookiesAsync([new() { Name = "nexus_zone", Value = "Asia%2FKolkata", Url = _nexus.Dashboard.BaseAddress!.ToString() }]);
        foreach (var path in Nexus.Web.Pages.Navigation.Groups.SelectMany(group => group.Entries).Select(entry => entry.Href)
            .Concat([$"/dashboard/request/{id}", $"/dashboard/request/{id}?view=raw", $"/dashboard/request/{id}?view=headers", $"/dashboard/request/{id}?view=events", $"/dashboard/conversation/{id}", $"/dashboard/conversation/{id}?view=tree", "/dashboard/job/vacuum"]))
        {
            await viewer.Page.GotoAsync(path);
            await Assertions.Expect(viewer.Page.Locator("main h1").First).ToBeVisibleAsync();
            Assert.True((await viewer.Page.Locator("main").InnerTextAsync()).Length > 60, $"{path} has something to read");
            // What needs a script is not offered.
            await Assertions.Expect(viewer.Page.Locator(".copy:visible, .copy-from:visible, .chart-plot:visible, [data-pause]:visible, .unfold:visible")).ToHaveCountAsync(0);
            await viewer.AssertCleanAsync(path + " without a script");
        }

        await viewer.Page.GotoAsync("/dashboard/requests");
        var time = viewer.Page.Locator("#request-rows time").First;
        var at = DateTimeOffset.Parse((await time.GetAttributeAsync("datetime"))!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains(at.ToOffset(TimeSpan.FromMinutes(330)).ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture), await time.TextContentAsync(), StringComparison.Ordinal);
        Assert.EndsWith(" UTC", await time.GetAttributeAsync("title"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Paper_is_light_has_no_navigation_and_cuts_no_table()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        await session.RequestAsync(host: "team-platform.engineering.example.com");
        // A4 across, less its margins, at 96 dots an inch.
        await using var viewer = await chromium.LogInAsync(_nexus, width: 1032, dark: true);
        var page = viewer.Page;
        foreach (var (name, path) in new[] { ("overview", "/dashboard"), ("usage", "/dashboard/usage"), ("requests", "/dashboard/requests"), ("report", "/dashboard/reports") })
        {
            await page.GotoAsync(path);
            await page.EmulateMediaAsync(new() { Media = Media.Print });
            await Assertions.Expect(page.Locator("header.top")).ToBeHiddenAsync();
            Assert.Equal("light", await page.EvaluateAsync<string>("getComputedStyle(document.documentElement).colorScheme"));
            var cut = await page.EvaluateAsync<string[]>("""() => [...document.querySelectorAll("main .scroll")].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute("aria-label"))""");
            Assert.True(cut.Length == 0, $"{name}: cut are {string.Join(", ", cut)}");
            await viewer.AssertCleanAsync("paper " + name);
            await viewer.PictureAsync($"paper-{name}");
            await page.PdfAsync(new() { Path = Path.Combine(Chromium.Screenshots, $"paper-{name}.pdf"), PreferCSSPageSize = true, PrintBackground = true });
            await page.EmulateMediaAsync(new() { Media = Media.Screen });
        }
    }
}
