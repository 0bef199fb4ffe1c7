using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>The database goes and comes back under an open page.</summary>
[Collection(InTheBrowser.Name)]
public sealed class OutageTests(Chromium chromium)
{
    [Fact]
    public async Task An_open_page_keeps_its_figures_says_since_when_and_goes_on_by_itself()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("text/event-stream", Streams.Whole);
        var postgres = await Postgres.StartAsync();
        try
        {
            await using var nexus = await NexusApp.StartAsync(upstream, await postgres.CreateAsync("template_nexus"));
            await nexus.ReadyAsync();
            var session = await DashboardSession.StartAsync(nexus);
            await session.RequestAsync();
            await using var viewer = await chromium.LogInAsync(nexus);
            var page = viewer.Page;
            await page.GotoAsync("/dashboard");
            await Assertions.Expect(page.Locator(".live-state.on")).ToBeVisibleAsync();
            await page.EvaluateAsync("document.body.dataset.loaded = 'once'");
            await postgres.StopServerAsync();
            await page.EvaluateAsync("htmx.trigger('#figures', 'resync')");
            await Assertions.Expect(page.Locator("#away .notice")).ToContainTextAsync("The database is away");
            await Assertions.Expect(page.Locator("#away .notice")).ToContainTextAsync("Figures as of");
            await Assertions.Expect(page.Locator(".tiles")).ToBeVisibleAsync();
            await viewer.PictureAsync("away-open");
            // What needs no database is answered meanwhile, and takes no notice off old figures.
            await page.Keyboard.PressAsync("Control+k");
            await Assertions.Expect(page.Locator("#palette [aria-selected=true]")).ToBeVisibleAsync();
            await page.Keyboard.PressAsync("Escape");
            await Assertions.Expect(page.Locator("#palette")).ToBeHiddenAsync();
            await Assertions.Expect(page.Locator("#away .notice")).ToContainTextAsync("The database is away");

            // Loaded anew: as it was last seen, with what is left of it in place.
            await using var second = await chromium.OpenAsync(nexus);
            var cookies = await page.Context.CookiesAsync();
            await second.Page.Context.AddCookiesAsync(cookies.Select(cookie => new Cookie { Name = cookie.Name, Value = cookie.Value, Url = nexus.Dashboard.BaseAddress!.ToString() }));
            foreach (var (name, path) in new[] { ("overview", "/dashboard"), ("page", "/dashboard/keys") })
            {
                await second.Page.GotoAsync(path);
                await Assertions.Expect(second.Page.Locator(".notice.bad").First).ToContainTextAsync("The database is away");
                await second.AssertAccessibleAsync("away " + name);
                await second.PictureAsync("away-" + name);
            }

            await postgres.StartServerAsync();
            // The feed listens again and tells the page, which reads its figures.
            await Assertions.Expect(page.Locator("#away")).ToBeEmptyAsync(new() { Timeout = 60_000 });
            await Assertions.Expect(page.Locator(".tiles")).ToBeVisibleAsync();
            Assert.Equal("once", await page.EvaluateAsync<string>("document.body.dataset.loaded"));
        }
        finally
        {
            postgres.Remove();
        }
    }
}
