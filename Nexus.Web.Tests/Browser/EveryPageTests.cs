using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>Every page as a daily user sees it: light and dark, on a phone, a laptop and a wide screen; and what it weighs.</summary>
[Collection(InTheBrowser.Name)]
public sealed class EveryPageTests(Chromium chromium, StoredPages pages) : IClassFixture<StoredPages>
{
    /// <summary>Bytes over the wire at a first visit, compressed: a page is there within a second on a slow line.</summary>
    private const int MostWeight = 300_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_page_is_clean_and_accessible_from_phone_to_desk(bool dark)
    {
        await using var viewer = await chromium.LogInAsync(pages.Nexus, dark: dark);
        foreach (var (name, path) in pages.All)
            await LookAsync(viewer, name, path, dark);
        await using var stranger = await chromium.OpenAsync(pages.Nexus, dark: dark);
        await LookAsync(stranger, "login", "/dashboard/login", dark);
    }

    [Fact]
    public void No_page_that_Nexus_has_is_left_out_of_the_walk()
    {
        var routes = pages.Nexus.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not null).Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/')).Distinct();
        // The login is looked at by a stranger, the kit where it exists: in development.
        var missing = routes.Except(["/dashboard/login", "/dashboard/kit"]).Where(route => !pages.All.Any(page => Regex.IsMatch(page.Path.Split('?')[0], "^" + Regex.Replace(route, @"\{[^}]+\}", "[^/]+") + "$")));
        Assert.Empty(missing);
    }

    [Fact]
    public async Task No_page_weighs_more_than_300_KB_at_its_first_visit_and_what_it_loads_is_compressed_and_kept_for_good()
    {
        await using var viewer = await chromium.LogInAsync(pages.Nexus);
        await (await viewer.Page.Context.NewCDPSessionAsync(viewer.Page)).SendAsync("Network.setCacheDisabled", new() { ["cacheDisabled"] = true });
        var weights = new List<(string Path, long Bytes)>();
        foreach (var (_, path) in pages.All)
            weights.Add((path, await WeighAsync(viewer.Page, path)));
        File.WriteAllLines(Path.Combine(Chromium.Screenshots, "weights.txt"), weights.OrderByDescending(weight => weight.Bytes).Select(weight => $"{weight.Bytes} {weight.Path}"));
        Assert.All(weights, weight => Assert.True(weight.Bytes is > 10_000 and <= MostWeight, $"{weight.Path}: {weight.Bytes} bytes"));
    }

    /// <summary>Of the page and all that it fetches by itself, its charts included, but for its stream of events.</summary>
    private static async Task<long> WeighAsync(IPage page, string path)
    {
        var responses = new ConcurrentQueue<IResponse>();
        void Note(object? sender, IResponse response) => responses.Enqueue(response);
        page.Response += Note;
        await page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Load });
        await Viewer.DrawnAsync(page);
        page.Response -= Note;
        long bytes = 0;
        foreach (var response in responses.Where(response => response.Status == 200 && response.Headers.GetValueOrDefault("content-type")?.StartsWith("text/event-stream", StringComparison.Ordinal) != true))
        {
            var sizes = await response.Request.SizesAsync();
            bytes += sizes.ResponseBodySize + sizes.ResponseHeadersSize;
            Assert.True(response.Headers.TryGetValue("content-encoding", out var encoding) && encoding is "br" or "gzip", $"{response.Url} is not compressed.");
            if (!response.Url.Contains("/dashboard", StringComparison.Ordinal))
                Assert.True(response.Headers.GetValueOrDefault("cache-control")?.Contains("immutable", StringComparison.Ordinal) == true, $"{response.Url} may not be kept.");
        }

        return bytes;
    }

    private static async Task LookAsync(Viewer viewer, string name, string path, bool dark)
    {
        foreach (var width in new[] { 390, 1280, 1920 })
        {
            var look = $"{name}-{width}-{(dark ? "dark" : "light")}";
            await viewer.Page.SetViewportSizeAsync(width, 900);
            // A window that is made wider is another look at the same page.
            if (width != 1920)
                await viewer.Page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Load });
            await viewer.AssertCleanAsync(look);
            await viewer.PictureAsync(look);
            // What axe looks at differs between themes and between the table and its cards, not between a laptop and a wall.
            if (width != 1920)
                await viewer.AssertAccessibleAsync(look);
        }
    }
}
