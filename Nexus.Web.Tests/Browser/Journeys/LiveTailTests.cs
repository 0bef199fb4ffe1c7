using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser.Journeys;

[Collection(InTheBrowser.Name)]
public sealed class LiveTailTests(Chromium chromium)
{
    /// <summary>Rows that a live table keeps at most.</summary>
    private const int MostRows = 200;

    [Fact]
    public Task The_live_tail_shows_every_one_of_twenty_five_requests_a_second_for_five_seconds() => ShowsAllAsync(25, TimeSpan.FromSeconds(5));

    [Fact]
    [Trait("Category", "Long")]
    public Task The_live_tail_shows_every_one_of_fifty_requests_a_second_for_a_minute_and_does_not_grow() => ShowsAllAsync(50, TimeSpan.FromMinutes(1));

    private async Task ShowsAllAsync(int aSecond, TimeSpan length)
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("application/json", Streams.Json);
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        await using var viewer = await chromium.LogInAsync(nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/requests");
        // Rows stand still under the pointer, which is where the login's button was.
        await page.Mouse.MoveAsync(2, 2);
        await Assertions.Expect(page.Locator(".live-state.on")).ToBeVisibleAsync();
        await page.EvaluateAsync("""
            () => {
              window.shown = new Set();
              const note = () => { for (const row of document.querySelectorAll("#request-rows tr")) window.shown.add(row.id.slice(2)); };
              new MutationObserver(note).observe(document.getElementById("request-rows"), { childList: true });
            }
            """);
        var cdp = await page.Context.NewCDPSessionAsync(page);
        await cdp.SendAsync("Performance.enable");
        var sent = new ConcurrentBag<string>();
        // The table is full after the first of them; from then on nothing may grow.
        await SendAsync(nexus, sent, aSecond, TimeSpan.FromSeconds((MostRows / (double)aSecond) + 0.5));
        await ShownAsync(page, sent);
        var before = await MemoryAsync(cdp);
        await SendAsync(nexus, sent, aSecond, length);
        await ShownAsync(page, sent);
        var after = await MemoryAsync(cdp);
        Assert.InRange(await page.Locator("#request-rows tr").CountAsync(), aSecond, MostRows);
        Assert.InRange(after.Nodes, 1, before.Nodes + 2000);
        Assert.InRange(after.HeapBytes, 1, before.HeapBytes + (6 << 20));
        Assert.Equal(0, await page.Locator(".behind-place > *").CountAsync());
        await viewer.AssertCleanAsync("live tail");
    }

    private static Task ShownAsync(IPage page, ConcurrentBag<string> sent) => NexusApp.UntilAsync(
        async () => sent.ToHashSet().IsSubsetOf(await page.EvaluateAsync<string[]>("() => [...window.shown]")), $"all of {sent.Count} requests were shown");

    /// <summary>Each when its time has come, whether or not the ones before it are answered.</summary>
    private static async Task SendAsync(NexusApp nexus, ConcurrentBag<string> sent, int aSecond, TimeSpan length)
    {
        var asked = new List<Task>();
        var start = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < length.TotalSeconds * aSecond; i++)
        {
            var wait = TimeSpan.FromSeconds((double)i / aSecond) - TimeProvider.System.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait);
            asked.Add(AskAsync(nexus, sent));
        }

        await Task.WhenAll(asked);
    }

    private static async Task AskAsync(NexusApp nexus, ConcurrentBag<string> sent) =>
        sent.Add(await nexus.MessageAsync("""{"model":"claude-haiku-4-5","messages":[{"role":"user","content":"Hi"}]}"""));

    private static async Task<(double Nodes, double HeapBytes)> MemoryAsync(ICDPSession cdp)
    {
        await cdp.SendAsync("HeapProfiler.collectGarbage");
        var metrics = (await cdp.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics").EnumerateArray().ToDictionary(metric => metric.GetProperty("name").GetString()!, metric => metric.GetProperty("value").GetDouble());
        return (metrics["Nodes"], metrics["JSHeapUsedSize"]);
    }
}
