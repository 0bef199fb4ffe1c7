using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Nexus.Web.Pages;
using Nexus.Web.Pages.Live;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>Live pages under a finger, and when there are too many of them.</summary>
[Collection(InTheBrowser.Name)]
public sealed class LivePagesTests(Chromium chromium) : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task On_a_phone_no_row_moves_that_is_scrolled_to_or_touched_and_what_is_new_is_counted()
    {
        var now = DateTimeOffset.UtcNow;
        await SeededLedger.AddAsync(_nexus, Enumerable.Range(0, 30).Select(i => SeededLedger.Row(now.AddSeconds(-60 - i), "one.example", i * 1000, i * 10, i)));
        await using var viewer = await chromium.LogInAsync(_nexus, width: 390, touch: true);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/requests");
        await page.Mouse.MoveAsync(2, 2);
        await Assertions.Expect(page.Locator(".live-state.on")).ToBeVisibleAsync();
        // Chromium alone keeps its place by itself; phones of another make do not.
        await page.EvaluateAsync("() => { document.documentElement.style.overflowAnchor = 'none'; document.activeElement.blur(); }");
        var row = page.Locator("#request-rows tr").Nth(12);
        var id = await row.GetAttributeAsync("id");
        await row.EvaluateAsync("row => row.scrollIntoView({ block: 'center' })");
        var before = await TopAsync(page, id!);
        Assert.True(await page.EvaluateAsync<bool>("() => document.getElementById('request-rows').getBoundingClientRect().top < 0"));
        var first = await _nexus.MessageAsync("""{"model":"claude-opus-5","messages":[]}""");
        var second = await _nexus.MessageAsync("""{"model":"claude-opus-5","messages":[]}""");
        await Assertions.Expect(page.Locator("#new-rows")).ToHaveTextAsync("2 new");
        Assert.Equal(before, await TopAsync(page, id!));
        await viewer.PictureAsync("requests-phone-new");
        await viewer.AssertAccessibleAsync("new requests on a phone");
        await page.EvaluateAsync("document.getElementById('new-rows').click()");
        await Assertions.Expect(page.Locator("#r-" + first)).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator("#r-" + second)).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator("#new-rows")).ToBeHiddenAsync();

        // At the top, with a finger on a row.
        await page.EvaluateAsync($"() => document.getElementById('{id}').dispatchEvent(new TouchEvent('touchstart', {{ bubbles: true }}))");
        before = await TopAsync(page, id!);
        var third = await _nexus.MessageAsync("""{"model":"claude-opus-5","messages":[]}""");
        await Assertions.Expect(page.Locator(".live-state")).ToHaveTextAsync("Paused: 1 new");
        Assert.Equal(before, await TopAsync(page, id!));
        await page.EvaluateAsync($"() => document.getElementById('{id}').dispatchEvent(new TouchEvent('touchend', {{ bubbles: true }}))");
        await Assertions.Expect(page.Locator("#r-" + third)).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator(".live-state")).ToHaveTextAsync("Live");
        await viewer.AssertCleanAsync("requests on a phone");
    }

    [Fact]
    public async Task A_page_that_finds_all_live_places_taken_says_so_and_asks_no_more()
    {
        var viewers = _nexus.Services.GetRequiredService<LiveViewers>();
        var taken = new List<LiveViewer>();
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/sessions");
        // Those of pages that have just been left end by themselves.
        await NexusApp.UntilAsync(() =>
        {
            while (new LiveViewer(new RequestFilter()) is var one && viewers.TryAdd(one))
                taken.Add(one);
            return Task.FromResult(taken.Count == LiveViewers.Most);
        }, "all places are taken");
        var asked = 0;
        page.Request += (_, request) => asked += request.Url.Contains("/dashboard/live", StringComparison.Ordinal) ? 1 : 0;
        await page.GotoAsync("/dashboard/requests");
        await Assertions.Expect(page.Locator(".live-state")).ToContainTextAsync("Not live: 200 live pages are open already. Close others, then load this one again");
        await viewer.PictureAsync("live-full");
        Assert.Equal(1, asked);
        foreach (var one in taken)
            viewers.Remove(one);
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator(".live-state.on")).ToHaveTextAsync("Live");
        await viewer.AssertCleanAsync("all live places taken");
    }

    private static Task<double> TopAsync(IPage page, string id) => page.EvaluateAsync<double>($"() => document.getElementById('{id}').getBoundingClientRect().top");
}
