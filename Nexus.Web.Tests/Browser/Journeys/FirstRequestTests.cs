using Microsoft.Playwright;
using Nexus.Web.Tests.Clients;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser.Journeys;

/// <summary>A newcomer's first minutes, and looking for what was said later, with the real Claude Code.</summary>
[Collection(InTheBrowser.Name)]
public sealed class FirstRequestTests(Chromium chromium)
{
    [Fact]
    public async Task After_the_first_start_one_logs_in_copies_the_set_up_and_sees_Claude_Codes_first_request_arrive_without_loading_the_page_again()
    {
        await using var route = await Route.ThroughNexusAsync();
        await route.Nexus!.ReadyAsync();
        using var claude = new ClaudeCode { PartialMessages = false };
        await using var viewer = await chromium.OpenAsync(route.Nexus);
        var page = viewer.Page;
        await page.GotoAsync("/");
        await viewer.ArrivesAtAsync("**/dashboard/login**");
        await page.Locator("input[name=key]").FillAsync(NexusApp.Key);
        await page.Locator("input[name=key]").PressAsync("Enter");
        await viewer.ArrivesAtAsync("**/dashboard");
        var setUp = await page.Locator("pre:has-text('ANTHROPIC_BASE_URL=')").First.InnerTextAsync();
        Assert.Contains($"export ANTHROPIC_BASE_URL={route.BaseUrl}\n", setUp, StringComparison.Ordinal);

        await page.Locator("nav").GetByRole(AriaRole.Link, new() { Name = "Requests", Exact = true }).First.ClickAsync();
        await viewer.ArrivesAtAsync("**/dashboard/requests");
        await Assertions.Expect(page.Locator(".live-state.on")).ToBeVisibleAsync();
        await page.EvaluateAsync("document.body.dataset.loaded = 'once'");
        var printed = await claude.AskAsync(route, ["Where does the otter sleep? [[play:say]]"]);
        Assert.Contains("All is well.", printed, StringComparison.Ordinal);
        var row = page.Locator("#request-rows tr").Filter(new() { HasText = "claude-" }).First;
        await Assertions.Expect(row).ToContainTextAsync("claude-cli");
        Assert.Equal("once", await page.EvaluateAsync<string>("document.body.dataset.loaded"));
        await viewer.AssertCleanAsync("first request");

        await row.Locator("a").First.ClickAsync();
        await viewer.ArrivesAtAsync("**/dashboard/request/**");
        await Assertions.Expect(page.Locator("#answer")).ToContainTextAsync("All is well.");
        await Assertions.Expect(page.Locator("#view")).ToContainTextAsync("Where does the otter sleep?");
        await viewer.AssertCleanAsync("first request, opened");
    }

    [Fact]
    public async Task A_conversation_is_found_by_words_that_somebody_typed_and_read_from_its_first_turn_to_its_last()
    {
        await using var route = await Route.ThroughNexusAsync();
        await route.Nexus!.ReadyAsync();
        using var claude = new ClaudeCode { PartialMessages = false };
        // Each in a session of its own.
        await Task.WhenAll(claude.AskAsync(route, ["What does the heron eat? [[play:bash]]"]), claude.AskAsync(route, ["Where does the otter sleep? [[play:bash]]"], ["And in winter? [[play:say]]", "--continue"]));
        await Ledger.AccountAsync(route);
        await using var viewer = await chromium.LogInAsync(route.Nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/conversations");
        var results = page.Locator("#results");
        await Assertions.Expect(results).ToContainTextAsync("heron");
        await page.Locator("form.filters input[name=q]").FillAsync("otter sleep");
        await page.Locator("form.filters input[name=q]").PressAsync("Enter");
        await Assertions.Expect(results).Not.ToContainTextAsync("heron");
        await results.GetByRole(AriaRole.Link, new() { Name = "Where does the otter sleep?" }).ClickAsync();
        await viewer.ArrivesAtAsync("**/dashboard/conversation/**");
        foreach (var words in new[] { "Where does the otter sleep?", "And in winter?", "All is well." })
            await Assertions.Expect(page.Locator("#view")).ToContainTextAsync(words);
        await page.GetByRole(AriaRole.Link, new() { Name = "Tree", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("svg.tree a.node.main")).ToHaveCountAsync(3);
        await viewer.AssertCleanAsync("conversation");
    }
}
