using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Usage;
using Xunit;

namespace Nexus.Web.Tests.Browser;

[Collection(InTheBrowser.Name)]
public sealed class PricesLookTests(Chromium chromium)
{
    [Theory]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    [InlineData(390, false)]
    public async Task Prices_are_tried_changed_and_stored_requests_re_priced_by_hand(int width, bool dark)
    {
        var look = $"{width}{(dark ? "-dark" : "")}";
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        var session = await DashboardSession.StartAsync(nexus);
        upstream.Replies("application/json", System.Text.Encoding.UTF8.GetBytes(Exchanges.Json("""{"input_tokens":1200,"output_tokens":340,"cache_read_input_tokens":84000,"cache_creation":{"ephemeral_5m_input_tokens":900,"ephemeral_1h_input_tokens":2100}}""", "claude-opus-5")));
        var id = await session.RequestAsync();
        upstream.Replies("application/json", System.Text.Encoding.UTF8.GetBytes(Exchanges.Json("""{"input_tokens":1200,"output_tokens":340}""", "gpt-oss-120b")));
        await session.RequestAsync();

        await using var viewer = await chromium.LogInAsync(nexus, width, dark);
        var page = viewer.Page;
        await viewer.PictureAsync($"prices-overview-{look}");
        await page.GotoAsync("/dashboard/requests");
        await viewer.AssertCleanAsync("requests");
        await viewer.PictureAsync($"prices-requests-{look}");
        await page.GotoAsync($"/dashboard/request/{id}");
        await page.ClickAsync("details.cost > summary");
        await viewer.AssertCleanAsync("request");
        await viewer.PictureAsync($"prices-request-{look}");
        await page.GotoAsync("/dashboard/prices");
        await page.FillAsync("input[name=model]", "claude-opus-5");
        await page.FillAsync("input[name=input]", "120000");
        await page.FillAsync("input[name=output]", "8000");
        await page.ClickAsync("button:has-text('Work it out')");
        await Assertions.Expect(page.Locator("#tried")).ToContainTextAsync("$0.800000");
        await viewer.AssertCleanAsync("prices");
        await viewer.AssertAccessibleAsync("prices");
        await viewer.PictureAsync($"prices-{look}");

        await page.ClickAsync("a:has-text('Change prices')");
        await page.ClickAsync("button:has-text('Add a rule')");
        await Assertions.Expect(page.Locator("input.pattern")).ToHaveCountAsync(12);
        await page.FillAsync("tr:first-child input[name=pattern]", "gpt-oss");
        foreach (var name in new[] { "input", "output", "cacheRead", "cacheWrite5m", "cacheWrite1h" })
            await page.FillAsync($"tr:first-child input[name={name}]", "0.5");
        await page.FillAsync("input[name=note]", "Our own model");
        await viewer.AssertCleanAsync("edit");
        await viewer.AssertAccessibleAsync("edit");
        await viewer.PictureAsync($"prices-edit-{look}");
        await page.ClickAsync("button:has-text('Show what it would change')");
        await Assertions.Expect(page.Locator("#what-if")).ToContainTextAsync("Nothing is saved yet");
        await Assertions.Expect(page.Locator("input[name=note]")).ToHaveValueAsync("Our own model");
        await viewer.AssertCleanAsync("what if");
        await viewer.AssertAccessibleAsync("what if");
        await viewer.PictureAsync($"prices-what-if-{look}");
        await page.ClickAsync("button.primary");
        await viewer.ArrivesAtAsync("**/dashboard/prices?saved=2");
        await page.ClickAsync("button:has-text('Preview')");
        await Assertions.Expect(page.Locator("#reprice")).ToContainTextAsync("requests are costed by other versions");
        await viewer.AssertCleanAsync("preview");
        await viewer.PictureAsync($"prices-preview-{look}");
        await page.ClickAsync("button:has-text('Re-price this period')");
        await Assertions.Expect(page.Locator("#reprice")).ToContainTextAsync("Last re-pricing: succeeded", new() { Timeout = 60_000 });
        await viewer.AssertCleanAsync("re-priced");
        await viewer.PictureAsync($"prices-done-{look}");
    }
}
