using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>The first request seen, and what the pages are without a script.</summary>
[Collection(InTheBrowser.Name)]
public sealed class PagesTests(Chromium chromium) : IAsyncLifetime
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
    public async Task From_the_first_start_to_the_first_request_seen_live_and_opened()
    {
        await using var viewer = await chromium.OpenAsync(_nexus);
        var page = viewer.Page;
        await page.GotoAsync("/");
        await Assertions.Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/dashboard/login"));
        await page.FillAsync("input[name=key]", NexusApp.Key);
        await page.ClickAsync("button.primary");
        await Assertions.Expect(page.Locator("#set-up-own")).ToContainTextAsync("ANTHROPIC_BASE_URL=" + _nexus.Proxy.BaseAddress!.ToString().TrimEnd('/'));
        await viewer.AssertAccessibleAsync("empty overview");
        await viewer.PictureAsync("overview-empty");
        await page.ClickAsync("nav >> text=Requests");
        await Assertions.Expect(page.Locator(".empty h2")).ToHaveTextAsync("No request has passed yet");
        await Assertions.Expect(page.Locator(".live-state.on")).ToBeVisibleAsync();
        await page.EvaluateAsync("document.body.dataset.loaded = 'once'");

        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _upstream.Answer = async context =>
        {
            (context.Response.StatusCode, context.Response.ContentType) = (200, "text/event-stream");
            await context.Response.WriteAsync(Streams.Events[0]);
            await context.Response.Body.FlushAsync();
            await go.Task;
            await context.Response.WriteAsync(string.Concat(Streams.Events[1..]));
        };
        var answer = _nexus.MessageAsync(StoredPages.Conversation);
        var elapsed = page.Locator(".in-flight .elapsed");
        await Assertions.Expect(elapsed).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".in-flight .state")).ToContainTextAsync("received");
        var before = await elapsed.TextContentAsync();
        await Assertions.Expect(elapsed).Not.ToHaveTextAsync(before!);
        await viewer.PictureAsync("requests-in-flight");
        go.SetResult();
        var id = await answer;
        await Assertions.Expect(page.Locator($"#r-{id}")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".empty")).ToBeHiddenAsync();
        await Assertions.Expect(page.Locator(".in-flight-card")).ToHaveCountAsync(0);
        Assert.Equal("once", await page.EvaluateAsync<string>("document.body.dataset.loaded"));

        await page.ClickAsync($"#r-{id}");
        await Assertions.Expect(page.Locator("#answer .prose")).ToHaveTextAsync("Hello");
        await Assertions.Expect(page.Locator(".turn.results .block.failed")).Not.ToHaveAttributeAsync("open", "");
        await page.ClickAsync("text=Unfold all");
        await Assertions.Expect(page.Locator(".turn.results pre")).ToHaveTextAsync("cat: no such file");
        await page.ClickAsync(".tabs >> text=Stream events");
        await Assertions.Expect(page.Locator("table.events tbody tr")).ToHaveCountAsync(Streams.Events.Length);
        await Assertions.Expect(page.Locator(".tabs [aria-current]")).ToHaveTextAsync("Stream events");
        await page.GoBackAsync();
        await Assertions.Expect(page.Locator("#answer")).ToBeVisibleAsync();
        await page.ClickAsync("text=Log out");
        await Assertions.Expect(page.Locator("input[name=key]")).ToBeVisibleAsync();
        await viewer.AssertCleanAsync("journey");
    }

    [Fact]
    public async Task Without_a_script_pages_are_read_filtered_and_paged()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        await session.RequestAsync(StoredPages.Conversation, host: "one.example");
        await session.RequestAsync(StoredPages.Conversation, host: "two.example");
        await using var viewer = await chromium.LogInAsync(_nexus, scripts: false);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/requests");
        await page.SelectOptionAsync("select[name=domain]", "two.example");
        await page.ClickAsync("button:has-text('Filter')");
        await Assertions.Expect(page.Locator("#request-rows tr")).ToHaveCountAsync(1);
        await page.ClickAsync("#request-rows a");
        await page.ClickAsync(".turn.results summary");
        await Assertions.Expect(page.Locator(".turn.results pre")).ToHaveTextAsync("cat: no such file");
        await viewer.AssertCleanAsync("without scripts");
    }
}
