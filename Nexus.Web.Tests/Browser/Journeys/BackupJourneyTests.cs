using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Jobs;
using Xunit;

namespace Nexus.Web.Tests.Browser.Journeys;

[Collection(InTheBrowser.Name)]
public sealed class BackupJourneyTests(Chromium chromium)
{
    [Fact]
    public async Task A_backup_is_made_and_verified_by_the_drill_from_its_page_and_the_page_says_so_by_itself()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("text/event-stream", Streams.Whole);
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await new JobHistory(nexus).ServingAsync();
        await (await DashboardSession.StartAsync(nexus)).RequestAsync();
        await using var viewer = await chromium.LogInAsync(nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/backups");
        await Assertions.Expect(page.Locator("#results")).ToContainTextAsync("There is no backup yet");
        await page.EvaluateAsync("document.body.dataset.loaded = 'once'");
        await page.GetByRole(AriaRole.Button, new() { Name = "Back up the database" }).ClickAsync();
        var row = page.Locator("table.backups tbody tr");
        await Assertions.Expect(row).ToHaveCountAsync(1, new() { Timeout = 60_000 });
        await Assertions.Expect(row.Locator(".verified")).ToContainTextAsync("not yet");
        await page.GetByRole(AriaRole.Button, new() { Name = "Verify the newest" }).ClickAsync();
        await Assertions.Expect(row.Locator(".verified .pill")).ToHaveTextAsync("verified", new() { Timeout = 60_000 });
        Assert.Equal("once", await page.EvaluateAsync<string>("document.body.dataset.loaded"));
        await viewer.AssertCleanAsync("backups");
        await page.GetByRole(AriaRole.Link, new() { Name = "restore-drill" }).ClickAsync();
        await viewer.ArrivesAtAsync("**/dashboard/job/restore-drill");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("succeeded");
        await viewer.AssertCleanAsync("drill");
    }
}
