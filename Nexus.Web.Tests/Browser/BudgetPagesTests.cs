using Microsoft.Playwright;
using Nexus.Web.Tests.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>The pages of budgets as somebody uses them who makes, tries and raises one.</summary>
[Collection(InTheBrowser.Name)]
public sealed class BudgetPagesTests(Chromium chromium)
{
    [Fact]
    public async Task A_limit_is_made_and_tried_in_its_dialog_and_the_pages_are_clean_and_accessible_in_light_and_dark_wide_and_narrow()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.UsesWhatIsAsked();
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        for (var i = 0; i < 4; i++)
            await nexus.SendAsync(LimitClient.Message(20_000, 8_000, 100, host: i % 2 == 0 ? "one.example" : "two.example"));
        await nexus.LimitAsync(new { name = "everybody's month", scope = "all", amount = 1_400_000, period = "month", timeZone = "Europe/Berlin", requestsPerMinute = 120 });
        await nexus.LimitAsync(new { name = "each domain, a week", scope = "domain", subject = "*", unit = "tokens", amount = 60_000, period = "week", hard = true, concurrentStreams = 10 });
        await using (var viewer = await chromium.LogInAsync(nexus))
        {
            var page = viewer.Page;
            await page.GotoAsync("/dashboard/budgets");
            await page.ClickAsync(".head >> text=New limit");
            var dialog = page.Locator("#new-limit");
            await dialog.Locator("input[name=name]").FillAsync("domain one");
            await dialog.Locator("input[name=subject]").FillAsync("one.example");
            await dialog.Locator("input[name=amount]").FillAsync("0.30");
            await dialog.Locator("text=What if?").ClickAsync();
            await Assertions.Expect(dialog.Locator(".notice").First).ToContainTextAsync("requests");
            await viewer.AssertAccessibleAsync("new limit");
            await viewer.PictureAsync("budgets-new");
            await dialog.Locator("text=Make the limit").ClickAsync();
            await Assertions.Expect(page.Locator("#results .notice.good")).ToContainTextAsync("in force within a second");
            await Assertions.Expect(dialog).ToBeHiddenAsync();
            await page.ClickAsync("a:has-text('domain one')");
            await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("domain one");
        }

        foreach (var dark in new[] { false, true })
        {
            await using var viewer = await chromium.LogInAsync(nexus, dark: dark);
            foreach (var width in new[] { 390, 1280 })
            {
                var look = $"{width}-{(dark ? "dark" : "light")}";
                await viewer.Page.SetViewportSizeAsync(width, 900);
                foreach (var (name, address) in new[] { ("budgets", "/dashboard/budgets"), ("overview-budgets", "/dashboard") })
                {
                    await viewer.Page.GotoAsync(address);
                    await viewer.AssertCleanAsync($"{name} {look}");
                    await viewer.PictureAsync($"{name}-{look}");
                }

                await viewer.Page.GotoAsync("/dashboard/budgets");
                await viewer.Page.ClickAsync("a:has-text('each domain') >> nth=0");
                await viewer.ArrivesAtAsync("**/dashboard/budget/**");
                await viewer.AssertCleanAsync($"budget {look}");
                await viewer.PictureAsync($"budget-{look}");
            }

            await viewer.AssertAccessibleAsync("budget " + (dark ? "dark" : "light"));
            await viewer.Page.GotoAsync("/dashboard/budgets");
            await viewer.AssertAccessibleAsync("budgets " + (dark ? "dark" : "light"));
        }
    }
}
