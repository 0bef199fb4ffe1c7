using System.Text.Json;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>A conversation as it is read: code in colours, figures of a branch, words found.</summary>
[Collection(InTheBrowser.Name)]
public sealed class ConversationLookTests(Chromium chromium)
{
    private const string Session = """ "metadata":{"user_id":"{\"session_id\":\"5a1c0000-0000-4000-8000-000000000003\"}"} """;
    private const string Code = "Try this:\n\n```csharp\n// Only once, as the second attempt never comes.\npublic static async Task<int> RetryAsync(string name, int times = 3)\n{\n    for (var i = 0; i < times; i++)\n        Console.WriteLine($\"{name} <b>\");\n    return 42;\n}\n```\n\n```bash\n# all of them\nfor f in \"$HOME\"/*; do echo $f; done\n```";

    [Fact]
    public async Task Code_is_coloured_and_words_are_found_without_script_on_any_screen()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("text/event-stream", Streams.Whole);
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        var session = await DashboardSession.StartAsync(nexus);
        var id = await session.RequestAsync(Body("""{"role":"user","content":"Why is there no second attempt?"}"""));
        foreach (var next in (string[])["Mend it.", "No, tell me more."])
            await session.RequestAsync(Body($$"""{"role":"user","content":"Why is there no second attempt?"},{"role":"assistant","content":{{JsonSerializer.Serialize(Code)}} },{"role":"user","content":"{{next}}"}"""));
        foreach (var (width, dark) in ((int, bool)[])[(1280, false), (390, true)])
        {
            await using var viewer = await chromium.LogInAsync(nexus, width, dark, scripts: !dark);
            await viewer.Page.GotoAsync($"/dashboard/conversation/{id}?branch=main");
            await viewer.PictureAsync($"conversation-code-{width}");
            Assert.True(await viewer.Page.Locator(".prose code .hl-keyword").CountAsync() > 3);
            await viewer.Page.FillAsync("input[name=find]", "second ATTEMPT");
            await viewer.Page.PressAsync("input[name=find]", "Enter");
            await viewer.ArrivesAtAsync("**find=second*");
            Assert.Equal("second attempt", await viewer.Page.Locator(".found mark").Last.TextContentAsync());
            await viewer.PictureAsync($"conversation-found-{width}");
            await viewer.Page.Locator(".found a").Last.ClickAsync();
            await viewer.ArrivesAtAsync("**#m-1");
            if (!dark)
                await viewer.AssertCleanAsync("a conversation with code");
        }
    }

    private static string Body(string messages) => $$"""{"model":"claude-opus-5","stream":true,{{Session}},"messages":[{{messages}}] }""";
}
