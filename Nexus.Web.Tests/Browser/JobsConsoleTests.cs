using Hangfire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Jobs;
using Xunit;

namespace Nexus.Web.Tests.Browser;

[Collection(InTheBrowser.Name)]
public sealed class JobsConsoleTests(Chromium chromium) : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private JobHistory _jobs = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        _jobs = new(_nexus);
        await _jobs.ServingAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Vacuum_is_triggered_in_the_console_and_succeeds_and_no_page_breaks_the_policy()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.ClickAsync("nav a:has-text('Jobs')");
        await viewer.ArrivesAtAsync("**/dashboard/jobs");
        await page.ClickAsync("text=Hangfire's console");
        await viewer.ArrivesAtAsync("**/jobs");
        await page.GotoAsync("/jobs/recurring");
        await page.CheckAsync("input[value=vacuum]");
        await page.ClickAsync("button:has-text('Trigger now')");
        await NexusApp.UntilAsync(async () => (await _jobs.RunsAsync()).Any(run => run is { Job: "vacuum", Outcome: "succeeded", ByHand: true }), "vacuum is done");
        await page.GotoAsync("/jobs/jobs/succeeded");
        await Assertions.Expect(page.Locator("table tbody tr")).ToHaveCountAsync(1);
        await page.ClickAsync("table tbody tr a.job-method:has-text('vacuum')");
        await Assertions.Expect(page.Locator(".state-card").First).ToContainTextAsync("dead tuples");
        await viewer.AssertCleanAsync("job");
        await viewer.PictureAsync("jobs-job");
        foreach (var path in new[] { "", "/recurring", "/servers", "/retries", "/jobs/enqueued", "/jobs/processing", "/jobs/succeeded" })
            await LookAsync(viewer, "/jobs" + path);
        // The home page's figures are fetched every few seconds.
        await page.GotoAsync("/jobs");
        await page.WaitForResponseAsync("**/jobs/stats");
        await viewer.AssertCleanAsync("figures");
    }

    [Fact]
    public async Task Failed_and_waiting_runs_are_shown_within_the_policy()
    {
        var manager = _nexus.Services.GetRequiredService<IRecurringJobManager>();
        manager.AddOrUpdate<JobRunner>("unknown", runner => runner.RunAsync("unknown", null, CancellationToken.None), "0 0 * * *");
        var failed = _jobs.Trigger("unknown");
        var reason = await _jobs.StateAsync(failed, "Failed");
        Assert.Contains("has no job 'unknown'", reason["ExceptionMessage"], StringComparison.Ordinal);
        var waiting = new BackgroundJobClient(_jobs.Hangfire).Schedule<JobRunner>(runner => runner.RunAsync("partitions", null, CancellationToken.None), TimeSpan.FromHours(1));
        await using var viewer = await chromium.LogInAsync(_nexus);
        foreach (var path in new[] { "/jobs/failed", "/jobs/scheduled", "/jobs/details/" + failed, "/jobs/details/" + waiting, "/recurring" })
            await LookAsync(viewer, "/jobs" + path);
    }

    private static async Task LookAsync(Viewer viewer, string path)
    {
        await viewer.Page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Load });
        await viewer.AssertCleanAsync(path);
    }
}
