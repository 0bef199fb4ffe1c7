using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Nexus.Web.Operations.Alerts;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Alerts;
using Xunit;

namespace Nexus.Web.Tests.Browser.Journeys;

[Collection(InTheBrowser.Name)]
public sealed class AlertJourneyTests(Chromium chromium)
{
    [Fact]
    public async Task When_the_upstream_fails_an_alert_fires_on_the_pages_and_on_the_channel_and_when_it_answers_again_the_alert_is_over()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await AlertNexus.StartAsync(null, ("CLAUDE_API_BASE_URL", upstream.Url));
        await nexus.App.ReadyAsync();
        // Nexus's own readings; the clock by which an alert must hold, and be over, for minutes is the test's.
        var usage = nexus.App.Services.GetRequiredService<UsageReadings>();
        var evaluator = nexus.Evaluator(new AlertSource(["errors"], false, usage.ErrorsAsync));
        upstream.Replies("application/json", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""u8.ToArray(), 529);
        await AskAsync(nexus.App, 12);
        await NexusApp.UntilAsync(async () => (await usage.ErrorsAsync(CancellationToken.None)) is [{ Value: 100 } reading] && reading.Says.StartsWith("12 of 12 ", StringComparison.Ordinal), "the failures are counted");
        await nexus.LookAsync(evaluator);
        await nexus.LookAsync(evaluator, minutes: 3);

        await using var viewer = await chromium.LogInAsync(nexus.App);
        var page = viewer.Page;
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("of 12 requests of one.example failed");
        await page.GotoAsync("/dashboard/alerts");
        var alert = page.Locator("table.alerts tbody tr").Filter(new() { HasText = "Many errors" });
        await Assertions.Expect(alert.Locator(".state")).ToContainTextAsync("firing");
        await alert.GetByRole(AriaRole.Link).First.ClickAsync();
        await viewer.ArrivesAtAsync("**/dashboard/requests?**");
        await Assertions.Expect(page.Locator("#request-rows tr")).ToHaveCountAsync(12);

        upstream.Replies("application/json", Streams.Json);
        await AskAsync(nexus.App, 60);
        await NexusApp.UntilAsync(async () => (await usage.ErrorsAsync(CancellationToken.None)) is [{ Value: < 20 }], "the answers are counted");
        await nexus.LookAsync(evaluator, minutes: 1);
        await nexus.LookAsync(evaluator, minutes: 6);
        await page.GotoAsync("/dashboard/alerts");
        await Assertions.Expect(page.Locator("#view")).Not.ToContainTextAsync("Many errors");
        await page.GotoAsync("/dashboard/alerts?view=history");
        await Assertions.Expect(alert.Locator(".state")).ToContainTextAsync("resolved");
        var told = await nexus.ToldAsync(2);
        Assert.Contains("Many errors", told[0], StringComparison.Ordinal);
        Assert.Contains("esolved", told[^1], StringComparison.Ordinal);
        await viewer.AssertCleanAsync("alert");
    }

    private static async Task AskAsync(NexusApp nexus, int count)
    {
        for (var i = 0; i < count; i++)
            await nexus.MessageAsync("""{"model":"claude-opus-5","messages":[{"role":"user","content":"Hi"}]}""");
    }
}
