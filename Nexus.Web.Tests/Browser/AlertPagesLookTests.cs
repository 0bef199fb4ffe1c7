using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Alerts;
using Nexus.Web.Tests.Operations.Jobs;
using Xunit;

namespace Nexus.Web.Tests.Browser;

[Collection(InTheBrowser.Name)]
public sealed class AlertPagesLookTests(Chromium chromium)
{
    [Fact]
    public async Task Alerts_audit_and_reports_are_clean_and_accessible_and_an_alert_is_acknowledged()
    {
        await using var nexus = await AlertNexus.StartAsync();
        var jobs = new JobHistory(nexus.App);
        await jobs.ServingAsync();
        await SeededReadings.AddAsync(nexus, nexus.Clock.GetUtcNow());
        var evaluator = nexus.Evaluator([.. nexus.App.Services.GetRequiredService<Nexus.Web.Operations.Alerts.SharedSources>().All()]);
        nexus.Hook.Replies("text/plain", "invalid_token"u8.ToArray(), 403);
        await nexus.LookAsync(evaluator);
        await nexus.LookAsync(evaluator, 11);
        await jobs.StateAsync(jobs.Trigger("reports"), "Succeeded");
        var session = await DashboardSession.StartAsync(nexus.App);
        await session.PostAsync("/dashboard/alerts?view=silences", "/dashboard/alerts?handler=Silence", true, ("rule", "disk"), ("minutes", "480"), ("reason", "The new disk comes on Friday"));
        await session.PostAsync("/dashboard/alerts?view=rules", "/dashboard/alerts?handler=Rule&rule=errors", true, ("threshold", "10"), ("for", "2"), ("clear", "5"), ("renotify", "240"), ("severity", "critical"), ("enabled", "true"));
        await using (var db = await nexus.ContextAsync())
            Assert.Equal(3, db.Reports.Count());
        string report;
        await using (var db = await nexus.ContextAsync())
            report = db.Reports.Single(row => row.Kind == "daily-errors").Id.ToString();
        foreach (var dark in new[] { false, true })
        {
            await using var viewer = await chromium.LogInAsync(nexus.App, dark: dark);
            foreach (var (name, path) in new[]
            {
                ("alerts", "/dashboard/alerts"), ("alerts-rules", "/dashboard/alerts?view=rules"), ("alerts-silences", "/dashboard/alerts?view=silences"), ("alerts-channels", "/dashboard/alerts?view=channels"),
                ("alerts-history", "/dashboard/alerts?view=history"), ("alerts-overview", "/dashboard"), ("audit", "/dashboard/audit"), ("reports", "/dashboard/reports"), ("report", "/dashboard/report/" + report),
            })
            {
                foreach (var width in new[] { 390, 1280 })
                {
                    var look = $"{name}-{width}-{(dark ? "dark" : "light")}";
                    await viewer.Page.SetViewportSizeAsync(width, 900);
                    await viewer.Page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Load });
                    if (name == "alerts-rules")
                        await viewer.Page.ClickAsync("#rule-errors summary");
                    await viewer.AssertCleanAsync(look);
                    await viewer.PictureAsync(look);
                    await viewer.AssertAccessibleAsync(look);
                }
            }
        }

        await using var laptop = await chromium.LogInAsync(nexus.App, 1280);
        await laptop.Page.GotoAsync("/dashboard/alerts");
        await laptop.Page.ClickAsync("button[aria-label='Acknowledge: Job failed restore-drill']");
        await Assertions.Expect(laptop.Page.Locator(".notice.good")).ToContainTextAsync("nobody is reminded");
        await Assertions.Expect(laptop.Page.Locator("#view")).ToContainTextAsync("acknowledged");
        await laptop.AssertCleanAsync("acknowledged");
    }
}
