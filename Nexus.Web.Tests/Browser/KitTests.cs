using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>The parts of the pages, above all the chart, under the strict policy.</summary>
[Collection(InTheBrowser.Name)]
public sealed class KitTests(Chromium chromium) : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync(), settings: ("ASPNETCORE_ENVIRONMENT", "Development"));
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task The_parts_are_clean_and_accessible_in_light_and_dark_from_phone_to_desk()
    {
        foreach (var dark in new[] { false, true })
        {
            await using var viewer = await chromium.LogInAsync(_nexus, dark: dark);
            foreach (var width in new[] { 390, 1280, 1920 })
            {
                await viewer.Page.SetViewportSizeAsync(width, 900);
                await viewer.Page.GotoAsync("/dashboard/kit");
                await Assertions.Expect(viewer.Page.Locator("#tokens svg text").First).ToBeVisibleAsync();
                await viewer.AssertCleanAsync($"kit {width} {(dark ? "dark" : "light")}");
                await viewer.PictureAsync($"kit-{width}-{(dark ? "dark" : "light")}");
            }

            await viewer.AssertAccessibleAsync("kit " + (dark ? "dark" : "light"));
        }
    }

    [Fact]
    public async Task A_chart_hides_series_zooms_saves_what_it_shows_and_narrows_the_page_to_what_is_dragged_over()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/kit");
        var chart = page.Locator("#tokens");
        var button = chart.Locator("button[data-series='claude-opus-5']");
        await Assertions.Expect(chart.Locator("svg text").First).ToBeVisibleAsync();
        await button.ClickAsync();
        await Assertions.Expect(button).ToHaveAttributeAsync("aria-pressed", "false");

        var plot = (await chart.Locator(".chart-plot").BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(plot.X + (plot.Width * 0.4f), plot.Y + (plot.Height / 2));
        await Assertions.Expect(page.Locator(".chart-tip").First).ToContainTextAsync("claude-sonnet-5");
        await page.Keyboard.DownAsync("Control");
        await page.Mouse.WheelAsync(0, -200);
        await page.Keyboard.UpAsync("Control");
        await Assertions.Expect(chart.Locator(".chart-range")).ToHaveAttributeAsync("href", new Regex("^/dashboard/kit\\?range=custom&from=[0-9T%A-]+&to="));

        foreach (var (kind, begins) in new[] { ("csv", "start,claude-haiku-4-5,"), ("svg", "<svg"), ("png", "\u0089PNG") })
        {
            var saved = await page.RunAndWaitForDownloadAsync(() => chart.Locator($"[data-save={kind}]").ClickAsync());
            Assert.Matches($"^output-tokens-by-model-.*\\.{kind}$", saved.SuggestedFilename);
            Assert.StartsWith(begins, await File.ReadAllTextAsync(await saved.PathAsync(), System.Text.Encoding.Latin1), StringComparison.Ordinal);
            if (kind == "csv")
            {
                // As the pictures: neither the hidden series nor what was zoomed away.
                var lines = await File.ReadAllLinesAsync(await saved.PathAsync());
                Assert.DoesNotContain("claude-opus-5", lines[0].Split(','));
                Assert.InRange(lines.Length - 1, 1, await chart.EvaluateAsync<int>("chart => JSON.parse(chart.querySelector('script[type=\"application/json\"]').textContent).starts.length") - 1);
            }

            if (kind != "svg")
                continue;
            // It stands alone: with its title, its time and the names of its series.
            var picture = XDocument.Load(await saved.PathAsync());
            Assert.Equal("svg", picture.Root!.Name.LocalName);
            var words = picture.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value).ToList();
            Assert.Contains("Output tokens by model, per hour", words);
            Assert.Contains("claude-sonnet-5", words);
            Assert.Contains(words, text => text.Contains("(Europe/Berlin)", StringComparison.Ordinal));
        }

        await chart.Locator(".chart-reset").ClickAsync();
        await Assertions.Expect(chart.Locator(".chart-range")).ToBeHiddenAsync();
        await page.Mouse.MoveAsync(plot.X + (plot.Width * 0.4f), plot.Y + (plot.Height / 2));
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(plot.X + (plot.Width * 0.7f), plot.Y + (plot.Height / 2), new() { Steps = 5 });
        await page.Mouse.UpAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/dashboard/kit\\?.*range=custom&from=[0-9T%A-]+&to="));
        await Assertions.Expect(button).ToHaveAttributeAsync("aria-pressed", "false");
        // A reading that is not known parts its line.
        await page.Locator("#latency").ScrollIntoViewIfNeededAsync();
        await Assertions.Expect(page.Locator("#latency[data-drawn]")).ToBeVisibleAsync();
        await page.GotoAsync("/dashboard/kit");
        await page.Locator("#latency").ScrollIntoViewIfNeededAsync();
        await Assertions.Expect(page.Locator("#latency[data-drawn]")).ToBeVisibleAsync();
        Assert.Contains(await page.Locator("#latency svg path[fill='none']").EvaluateAllAsync<string[]>("paths => paths.map(path => path.getAttribute('d'))"), line => line.Count(letter => letter == 'M') == 2);
        await viewer.AssertCleanAsync("chart");
        await page.ClickAsync("text=New budget");
        await Assertions.Expect(page.Locator("#new-budget")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator("#new-budget")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Without_a_script_the_table_has_the_numbers()
    {
        await using var viewer = await chromium.LogInAsync(_nexus, scripts: false);
        await viewer.Page.GotoAsync("/dashboard/kit?range=7d");
        await Assertions.Expect(viewer.Page.Locator("#tokens .chart-plot")).ToBeHiddenAsync();
        await viewer.Page.ClickAsync("#tokens summary");
        await Assertions.Expect(viewer.Page.Locator("#tokens tbody tr")).ToHaveCountAsync(7);
    }
}
