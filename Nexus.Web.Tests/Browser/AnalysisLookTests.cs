using Microsoft.Playwright;
using Nexus.Web.Tests.Conversations.Analyses;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

[Collection(InTheBrowser.Name)]
public sealed class AnalysisLookTests(Chromium chromium)
{
    [Theory]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    [InlineData(390, false)]
    public async Task A_conversation_is_analysed_by_hand_and_the_page_follows(int width, bool dark)
    {
        var look = $"{width}{(dark ? "-dark" : "")}";
        await using var nexus = await AnalysingNexus.StartAsync(("AI_ANALYSIS_MAX_RETRIES", "0"));
        var conversation = await nexus.ConversationAsync();
        var answer = new TaskCompletionSource();
        nexus.Next(Answers.Error("overloaded_error"), 529);
        nexus.Next(async context =>
        {
            await answer.Task.WaitAsync(context.RequestAborted);
            context.Response.StatusCode = 200;
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(Answers.Message());
        });

        await using var viewer = await chromium.LogInAsync(nexus.App, width, dark);
        var page = viewer.Page;
        await page.GotoAsync($"/dashboard/conversation/{conversation}");
        await page.ClickAsync(".tabs a:has-text('Analysis')");
        await Assertions.Expect(page.Locator("form.ask")).ToContainTextAsync("About $");
        await viewer.AssertAccessibleAsync("analysis, none");
        await viewer.PictureAsync($"analysis-none-{look}");
        await page.ClickAsync("form.ask button");
        await Assertions.Expect(page.Locator(".notice.bad")).ToContainTextAsync("Said by the upstream.");
        await viewer.AssertCleanAsync("analysis, failed");
        await viewer.AssertAccessibleAsync("analysis, failed");
        await viewer.PictureAsync($"analysis-failed-{look}");
        await page.ClickAsync("form.ask summary");
        await page.FillAsync("textarea[name=instruction]", "Look at how the tests were written.");
        await page.ClickAsync("form.ask button");
        await Assertions.Expect(page.Locator(".analysis .notice")).ToContainTextAsync("reads the conversation");
        await viewer.AssertAccessibleAsync("analysis, on its way");
        await viewer.PictureAsync($"analysis-running-{look}");
        answer.SetResult();
        await Assertions.Expect(page.Locator(".analysis")).ToContainTextAsync("A failing test was looked into and mended.");
        await viewer.AssertCleanAsync("analysis");
        await viewer.AssertAccessibleAsync("analysis");
        await viewer.PictureAsync($"analysis-{look}");
    }
}
