using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>Charts on their pages, with a quarter of a team's requests behind them.</summary>
[Collection(InTheBrowser.Name)]
public sealed class ChartPagesTests(Chromium chromium) : IAsyncLifetime
{
    /// <summary>What ECharts was told of a figure.</summary>
    private const string Option = "figure => window.echarts.getInstanceByDom(figure.querySelector('.chart-plot')).getOption()";

    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        var database = await Postgres.NewDatabaseAsync();
        await StoredPages.SeedAsync(database, 4_500);
        _nexus = await NexusApp.StartAsync(_upstream, database);
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_stretch_that_is_dragged_over_is_the_pages_time_in_its_address_and_one_zooms_out_and_goes_back()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/usage?range=30d&by=domain");
        var chart = await DrawnAsync(page, "usage-chart");
        var rows = page.Locator("#usage-chart tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(30);
        var plot = (await chart.Locator(".chart-plot").BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(plot.X + (plot.Width * 0.3f), plot.Y + (plot.Height / 2));
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(plot.X + (plot.Width * 0.6f), plot.Y + (plot.Height / 2), new() { Steps = 5 });
        await page.Mouse.UpAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("(?=.*by=domain).*range=custom.*from=[0-9-]+T00(:|%3A)00.*to=[0-9-]+T00(:|%3A)00"));
        var narrow = page.Url;
        await Assertions.Expect(page.Locator("select[name=range]")).ToHaveValueAsync("custom");
        await Assertions.Expect(page.Locator("input[name=from]:not([type=hidden])")).ToHaveValueAsync(new Regex("T00:00"));
        await Assertions.Expect(rows).Not.ToHaveCountAsync(30);
        var days = await rows.CountAsync();
        Assert.InRange(days, 7, 14);
        // The picture has the days that the table has.
        await NexusApp.UntilAsync(async () => await BarsAsync(page) == days, "the chart shows the stretch");
        await page.Locator("#usage-chart").GetByRole(AriaRole.Button, new() { Name = "Zoom out" }).ClickAsync();
        await NexusApp.UntilAsync(async () => await BarsAsync(page) > days, "the chart shows more");
        await page.GoBackAsync();
        await Assertions.Expect(page).ToHaveURLAsync(narrow);
        await Assertions.Expect(rows).ToHaveCountAsync(days);
        await viewer.AssertCleanAsync("range");
    }

    [Fact]
    public async Task The_library_is_fetched_when_a_chart_comes_into_view_and_by_no_page_without_one()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        var fetched = new List<string>();
        page.Request += (_, request) => fetched.Add(request.Url);
        int Libraries() => fetched.Count(url => url.Contains("/lib/echarts", StringComparison.Ordinal));
        await page.GotoAsync("/dashboard/keys", new() { WaitUntil = WaitUntilState.Load });
        await page.SetViewportSizeAsync(1280, 120);
        await page.GotoAsync("/dashboard/usage?range=30d", new() { WaitUntil = WaitUntilState.Load });
        await page.EvaluateAsync("() => new Promise((go) => requestIdleCallback(() => requestIdleCallback(go)))");
        Assert.Equal(0, Libraries());
        Assert.True(await page.EvaluateAsync<double>("document.getElementById('usage-chart').getBoundingClientRect().top") > 320);
        await DrawnAsync(page, "usage-chart");
        Assert.Equal(1, Libraries());
        // The others follow when there is time.
        await Assertions.Expect(page.Locator("#hit-chart[data-drawn]")).ToHaveCountAsync(1);
        Assert.Equal(1, Libraries());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_name_has_its_colour_in_every_chart_and_table_whatever_stands_beside_it(bool dark)
    {
        await using var viewer = await chromium.LogInAsync(_nexus, dark: dark);
        var page = viewer.Page;
        var seen = new Dictionary<string, HashSet<string>>();
        foreach (var path in new[] { "/dashboard/usage?range=30d", "/dashboard/usage?range=7d&measure=tokens", "/dashboard/usage?range=30d&model=claude-sonnet-5", "/dashboard/usage?range=30d&by=owner", "/dashboard/usage?range=30d&by=owner&domain=team1.bench.example" })
        {
            await page.GotoAsync(path);
            var chart = await DrawnAsync(page, "usage-chart");
            foreach (var (name, color) in await chart.EvaluateAsync<Dictionary<string, string>>($"figure => Object.fromEntries(({Option})(figure).series.map(series => [series.name, series.itemStyle.color]))"))
                (seen.TryGetValue(name, out var colors) ? colors : seen[name] = []).Add(color);
            // The swatches of the legend and of the table are the series' colours.
            Assert.True(await chart.EvaluateAsync<bool>($"figure => ({Option})(figure).series.every(series => getComputedStyle(figure.querySelector(`[data-series='${{series.name}}'] .swatch`)).backgroundColor === series.itemStyle.color)"));
        }

        Assert.True(seen.Count > 10);
        Assert.All(seen, name => Assert.Single(name.Value));
        Assert.Equal(3, seen.Where(name => name.Key.StartsWith("claude-", StringComparison.Ordinal)).Select(name => name.Value.Single()).Distinct().Count());
        await viewer.AssertCleanAsync("colours");
    }

    [Fact]
    public async Task On_paper_a_chart_is_light_without_motion_and_as_it_was_before_afterwards()
    {
        await using var viewer = await chromium.LogInAsync(_nexus, dark: true);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/usage?range=30d");
        var chart = await DrawnAsync(page, "usage-chart");
        const string Label = $"figure => ({Option})(figure).xAxis[0].axisLabel.color";
        var dark = await chart.EvaluateAsync<string>(Label);
        Assert.False(await chart.EvaluateAsync<bool>($"figure => ({Option})(figure).animation"));
        await page.EmulateMediaAsync(new() { Media = Media.Print });
        await NexusApp.UntilAsync(async () => await chart.EvaluateAsync<string>(Label) == "rgb(92, 98, 109)", "the labels are those of the light theme");
        await Assertions.Expect(chart.Locator(".chart-tools")).ToBeHiddenAsync();
        Assert.True((await page.PdfAsync(new() { Format = "A4" })).Length > 10_000);
        await page.EmulateMediaAsync(new() { Media = Media.Screen });
        await NexusApp.UntilAsync(async () => await chart.EvaluateAsync<string>(Label) == dark, "the labels are dark again");
        await viewer.AssertCleanAsync("paper");
    }

    private static async Task<ILocator> DrawnAsync(IPage page, string id)
    {
        var chart = page.Locator($"#{id}");
        await chart.ScrollIntoViewIfNeededAsync();
        await Assertions.Expect(page.Locator($"#{id}[data-drawn]")).ToHaveCountAsync(1);
        return chart;
    }

    private static Task<int> BarsAsync(IPage page) => page.Locator("#usage-chart[data-drawn]").EvaluateAsync<int>("figure => { const plot = figure.querySelector('.chart-plot'); return (plot && window.echarts.getInstanceByDom(plot))?.getOption()?.xAxis?.[0].data.length ?? 0; }");
}
