using Microsoft.Playwright;
using Nexus.Web.Tests.Clients;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser.Journeys;

[Collection(InTheBrowser.Name)]
public sealed class KeyJourneyTests(Chromium chromium)
{
    [Fact]
    public async Task A_key_is_made_tried_used_by_Claude_Code_seen_and_revoked_and_Claude_Code_is_told_so()
    {
        await using var route = await Route.PaidByNexusAsync();
        var nexus = route.Nexus!;
        await nexus.ReadyAsync();
        await using var viewer = await chromium.LogInAsync(nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/keys");
        await page.Locator("[commandfor=new-key]").First.ClickAsync();
        var dialog = page.Locator("#new-key");
        await dialog.Locator("input[name=name]").FillAsync("laptop");
        await dialog.Locator("input[name=owner]").FillAsync("ada");
        await dialog.Locator("input[name=domain]").FillAsync(nexus.Proxy.BaseAddress!.Authority);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Make the key" }).ClickAsync();
        await Assertions.Expect(page.Locator("pre#secret")).ToContainTextAsync("cnp_live_");
        var secret = await page.Locator("pre#secret").InnerTextAsync();
        Assert.Contains("ANTHROPIC_AUTH_TOKEN=" + secret, await page.Locator("#set-up-claude").InnerTextAsync(), StringComparison.Ordinal);
        await nexus.KnowsAsync(secret);
        await page.GetByRole(AriaRole.Button, new() { Name = "Test", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("#key-test")).ToContainTextAsync("It works.");

        using var claude = new ClaudeCode { Key = secret, PartialMessages = false };
        Assert.Contains("All is well.", await claude.AskAsync(route, ["Hi. [[play:say]]"]), StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Link, new() { Name = "laptop", Exact = true }).First.ClickAsync();
        await viewer.ArrivesAtAsync("**/dashboard/key/**");
        // The page tells when it was last used, once ingest has counted it.
        await NexusApp.UntilAsync(async () =>
        {
            await page.ReloadAsync();
            return !(await page.Locator("#key").InnerTextAsync()).Contains("never used", StringComparison.Ordinal);
        }, "the key is seen to be used");
        await viewer.AssertCleanAsync("key, used");

        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke …" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke the key" }).ClickAsync();
        await Assertions.Expect(page.Locator(".pill").First).ToHaveTextAsync("revoked");
        await viewer.AssertCleanAsync("key, revoked");
        var refused = "";
        await NexusApp.UntilAsync(async () => (refused = await claude.AskAsync(route, ["Hi again. [[play:say]]"])).StartsWith("exit code 1", StringComparison.Ordinal), "the revoked key is refused");
        Assert.Contains("The Nexus key 'laptop' was revoked on", refused, StringComparison.Ordinal);
        Assert.Contains("Ask the gateway's operator for a new one.", refused, StringComparison.Ordinal);
    }
}
