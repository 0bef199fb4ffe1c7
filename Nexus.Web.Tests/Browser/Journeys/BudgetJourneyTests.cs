using Microsoft.Playwright;
using Nexus.Web.Tests.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser.Journeys;

[Collection(InTheBrowser.Name)]
public sealed class BudgetJourneyTests(Chromium chromium)
{
    [Fact]
    public async Task A_budget_is_tried_by_what_if_made_stops_a_request_and_the_pages_explain_it()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.UsesWhatIsAsked();
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        // What is spent already, of which "What if" tells.
        var session = await DashboardSession.StartAsync(nexus);
        await session.RequestAsync("""{"model":"claude-opus-5","max_tokens":100,"messages":[{"role":"user","content":"20000 8000"}]}""");
        await using var viewer = await chromium.LogInAsync(nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/budgets");
        await page.Locator(".head [commandfor=new-limit]").ClickAsync();
        var dialog = page.Locator("#new-limit");
        await dialog.Locator("input[name=name]").FillAsync("otters");
        await dialog.Locator("select[name=scope]").SelectOptionAsync("domain");
        await dialog.Locator("input[name=subject]").FillAsync("one.example");
        await dialog.Locator("input[name=amount]").FillAsync("0.10");
        await dialog.Locator("input[name=hard]").CheckAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "What if?" }).ClickAsync();
        await Assertions.Expect(dialog.Locator("#what-if")).ToContainTextAsync("would have been refused");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Make the limit" }).ClickAsync();
        await Assertions.Expect(dialog).ToBeHiddenAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "otters" }).ClickAsync();
        await viewer.ArrivesAtAsync("**/dashboard/budget/**");
        var limit = page.Url.Split('/', '?')[^1];
        await nexus.GoesByAsync(limit);

        var refused = (Status: 0, Body: "", Id: "");
        await NexusApp.UntilAsync(async () =>
        {
            var (status, body, response) = await nexus.SendAsync(LimitClient.Message(20_000, 8_000, 100));
            refused = (status, body, response.Headers.GetValues("x-nexus-request-id").Single());
            return status == 429;
        }, "a request is refused");
        Assert.Contains("The budget 'otters' of $0.10", refused.Body, StringComparison.Ordinal);

        await page.GotoAsync("/dashboard/requests?outcome=errors");
        await NexusApp.UntilAsync(async () =>
        {
            await page.ReloadAsync();
            return await page.Locator($"#r-{refused.Id}").CountAsync() == 1;
        }, "the refused request is listed");
        await Assertions.Expect(page.Locator($"#r-{refused.Id}")).ToContainTextAsync("refused");
        await page.Locator($"#r-{refused.Id} a").First.ClickAsync();
        await viewer.ArrivesAtAsync("**/dashboard/request/**");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("The budget 'otters' of $0.10");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("→ refused");
        await page.GotoAsync("/dashboard/budget/" + limit);
        await Assertions.Expect(page.Locator("#budget .pill.bad").First).ToBeVisibleAsync();
        await page.GotoAsync("/dashboard");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("otters");
        await viewer.AssertCleanAsync("budget");
    }
}
