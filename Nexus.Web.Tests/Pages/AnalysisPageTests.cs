using System.Net;
using Bunit;
using Nexus.Web.Conversations.Analyses;
using Nexus.Web.Pages.Shared.Analyses;
using Nexus.Web.Tests.Conversations.Analyses;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class AnalysisPageTests : BunitContext
{
    private static readonly AnalysisLine Done = new("completed", "claude-opus-4-6", "## Summary", null, null, 1, "ada", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, 4200, 41_000, 1_800, 250_000, [Guid.Empty], 12, 3);

    private IRenderedComponent<AnalysisView> View(AnalysisPanel panel) => Render<AnalysisView>(view => view.Add(v => v.Panel, panel));

    [Fact]
    public void Before_asking_its_cost_is_shown()
    {
        var view = View(new("/x?view=analysis", "t", null, null, Cost: new("claude-opus-4-6", 41_000, 268_000, 20, 5, "team.example")));
        Assert.Equal("About $0.27: about 41K tokens to claude-opus-4-6, paid by team.example. 20 messages are sent; 5 of the middle do not fit (AI_MAX_PROMPT_TOKENS).", view.Find("form .small").TextContent.Trim());
        Assert.Equal(("Analyse", "/x?view=analysis&handler=Analyse"), (view.Find("button").TextContent, view.Find("form").GetAttribute("hx-post")));
        Assert.False(view.Find(".analysis").HasAttribute("hx-get"));
    }

    [Fact]
    public void On_its_way_it_follows_by_itself_and_a_failure_says_why()
    {
        var view = View(new("/x?view=analysis", "t", Done with { Status = "pending", Attempts = 1, Error = "The upstream failed (529): Overloaded" }, Analysis.Read(Answers.Analysis)));
        Assert.Equal(("/x?view=analysis", "every 2s"), (view.Find(".analysis").GetAttribute("hx-get"), view.Find(".analysis").GetAttribute("hx-trigger")));
        Assert.Equal("every 10s", View(new("/x?view=analysis", "t", Done with { Status = "pending" }, null, EverySeconds: 10)).Find(".analysis").GetAttribute("hx-trigger"));
        var off = View(new("/x?view=analysis", "t", Done with { Status = "pending" }, null, Off: "AI analysis is off."));
        Assert.False(off.Find(".analysis").HasAttribute("hx-get"));
        Assert.Contains("AI analysis is off.", off.Find(".notice.warn").TextContent, StringComparison.Ordinal);
        Assert.Contains("It is tried again.", view.Markup, StringComparison.Ordinal);
        Assert.Contains("The result before:", view.Markup, StringComparison.Ordinal);
        Assert.Empty(view.FindAll("form"));
        view = View(new("/x?view=analysis", "t", Done with { Status = "failed", Error = "A limit stands in the way." }, null));
        Assert.Contains("A limit stands in the way.", view.Find(".notice.bad").TextContent, StringComparison.Ordinal);
        Assert.Equal("Try again", view.Find("button").TextContent);
    }

    [Fact]
    public void A_result_has_its_parts_its_price_and_its_calls()
    {
        var view = View(new("/x?view=analysis", "t", Done with { CustomPrompt = "Look at <tests>." }, Analysis.Read(Answers.Analysis), GoneOn: true));
        Assert.Equal(["Summary", "Outcomes", "Action items", "Prompting tips", "Interaction patterns", "Technical details", "Make it again"], view.FindAll("h2").Select(heading => heading.TextContent));
        var facts = view.Find(".facts-line");
        Assert.All(["claude-opus-4-6", "4.2 s", "$0.25", "41K tokens in", "12 messages, 3 left out", "ada"], text => Assert.Contains(text, facts.TextContent, StringComparison.Ordinal));
        Assert.Equal($"/dashboard/request/{Guid.Empty}", facts.QuerySelector("a")!.GetAttribute("href"));
        Assert.Contains("has gone on since", view.Find(".notice.warn").TextContent, StringComparison.Ordinal);
        Assert.Equal("Look at <tests>.", view.Find("textarea").TextContent);
        Assert.Contains("Why does DateTests.Leap fail?", view.Find("blockquote").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_the_page_of_a_conversation_an_analysis_is_asked_for_followed_and_made_again()
    {
        await using var nexus = await AnalysingNexus.StartAsync();
        var conversation = await nexus.ConversationAsync();
        var session = await DashboardSession.StartAsync(nexus.App);
        var address = $"/dashboard/conversation/{conversation}?view=analysis&branch=main";
        Assert.Contains("About $", await session.PageAsync(address), StringComparison.Ordinal);
        var asked = await session.PostAsync(address, address + "&handler=Analyse", htmx: true, ("instruction", "Look at the tests."));
        Assert.StartsWith("<div class=\"analysis\"", asked.TrimStart(), StringComparison.Ordinal);
        await nexus.UntilAsync(conversation, "completed");
        var shown = await session.PageAsync(address, htmx: true);
        Assert.Contains("A failing test was looked into and mended.", shown, StringComparison.Ordinal);
        Assert.Contains("Look at the tests.", shown, StringComparison.Ordinal);
        // Without JavaScript the browser is sent to the page, so that it can be loaded again.
        var gate = new TaskCompletionSource();
        nexus.Next(async context =>
        {
            await gate.Task;
            context.Response.StatusCode = 200;
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(Answers.Message());
        });
        Assert.Empty(await session.PostAsync(address, address + "&handler=Analyse", htmx: false, ("instruction", "")));
        await NexusApp.UntilAsync(() => Task.FromResult(nexus.Asked.Count == 2), "it is made again");
        // Sent twice it is made once.
        Assert.Contains("every 2s", await session.PostAsync(address, address + "&handler=Analyse", htmx: true, ("instruction", "")), StringComparison.Ordinal);
        gate.SetResult();
        Assert.Equal(1, (int)(await nexus.UntilAsync(conversation, "completed"))["attempts"]!);
        Assert.Equal(2, nexus.Asked.Count);
        Assert.DoesNotContain("Look at the tests.", nexus.Asked[1], StringComparison.Ordinal);
        Assert.Contains("The instruction is longer", await session.PostAsync(address, address + "&handler=Analyse", htmx: true, ("instruction", new string('x', 4001))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Off_the_page_says_how_to_switch_it_on_and_asks_for_nothing()
    {
        await using var nexus = await AnalysingNexus.StartAsync(("AI_ANALYSIS_ENABLED", "false"));
        var conversation = await nexus.ConversationAsync();
        var session = await DashboardSession.StartAsync(nexus.App);
        var page = await session.PageAsync($"/dashboard/conversation/{conversation}?view=analysis", htmx: true);
        Assert.Contains("AI_ANALYSIS_ENABLED=true", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<form", page, StringComparison.Ordinal);
    }
}
