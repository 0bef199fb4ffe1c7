using System.Globalization;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>The tree of a conversation under two fingers.</summary>
[Collection(InTheBrowser.Name)]
public sealed class TreeTests(Chromium chromium)
{
    [Fact]
    public async Task Two_fingers_that_part_enlarge_the_tree_around_the_place_between_them_and_one_finger_does_not()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("text/event-stream", Streams.Whole);
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        var session = await DashboardSession.StartAsync(nexus);
        var id = await session.RequestAsync(StoredPages.Conversation);
        await using var viewer = await chromium.LogInAsync(nexus, 390, touch: true);
        await viewer.Page.GotoAsync($"/dashboard/conversation/{id}?view=tree", new() { WaitUntil = WaitUntilState.Load });
        var svg = viewer.Page.Locator("svg.tree");
        await svg.ScrollIntoViewIfNeededAsync();
        var box = (await viewer.Page.Locator(".tree-frame").BoundingBoxAsync())!;
        var before = await WidthAsync(svg);
        var cdp = await viewer.Page.Context.NewCDPSessionAsync(viewer.Page);
        var (x, y) = (box.X + (box.Width / 2), box.Y + (box.Height / 2));
        await TouchAsync(cdp, "touchStart", (x, y));
        await TouchAsync(cdp, "touchMove", (x, y + 3));
        // No tap, which would open the request under the finger.
        await TouchAsync(cdp, "touchCancel");
        Assert.Equal(before, await WidthAsync(svg));

        const string Under = "([frame, x]) => (frame.scrollLeft + x - frame.getBoundingClientRect().left) / (frame.querySelector('svg').scale ?? 1)";
        var frame = await viewer.Page.Locator(".tree-frame").ElementHandleAsync();
        var place = await viewer.Page.EvaluateAsync<double>(Under, new object[] { frame, x });
        await TouchAsync(cdp, "touchStart", (x - 30, y), (x + 30, y));
        for (var step = 1; step <= 6; step++)
            await TouchAsync(cdp, "touchMove", (x - 30 - (step * 5), y), (x + 30 + (step * 5), y));
        await NexusApp.UntilAsync(async () => await WidthAsync(svg) > before * 1.95, "the tree is twice as large");
        Assert.InRange(await viewer.Page.EvaluateAsync<double>(Under, new object[] { frame, x }), place - 3, place + 3);
        await TouchAsync(cdp, "touchMove", (x - 15, y), (x + 15, y));
        await NexusApp.UntilAsync(async () => await WidthAsync(svg) < before * 1.05, "the tree is smaller again");
        await TouchAsync(cdp, "touchEnd");
        Assert.Equal(1, await viewer.Page.EvaluateAsync<double>("visualViewport.scale"));
        await viewer.AssertCleanAsync("tree");
    }

    private static async Task<double> WidthAsync(ILocator svg) => double.Parse((await svg.GetAttributeAsync("width"))!, CultureInfo.InvariantCulture);

    private static async Task TouchAsync(ICDPSession cdp, string type, params (float X, float Y)[] points) => await cdp.SendAsync("Input.dispatchTouchEvent", new()
    {
        ["type"] = type,
        ["touchPoints"] = points.Select((point, id) => new Dictionary<string, object> { ["x"] = point.X, ["y"] = point.Y, ["id"] = id }).ToArray(),
    });
}
