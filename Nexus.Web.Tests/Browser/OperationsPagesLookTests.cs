using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Resources;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>Logs and Resources with weeks of samples behind them, as an operator sees them.</summary>
[Collection(InTheBrowser.Name)]
public sealed class OperationsPagesLookTests(Chromium chromium) : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync(), settings: [("LOG_LEVEL", "debug"), ("SLOW_QUERY_THRESHOLD_MS", "3")]);
        await _nexus.ReadyAsync();
        await using var seed = _nexus.Services.GetRequiredService<Database>().JobsDataSource.CreateCommand(ResourceSamplesTests.Seed);
        await seed.ExecuteNonQueryAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    [InlineData(390, false)]
    public async Task Resources_show_weeks_and_keep_to_the_policy(int width, bool dark)
    {
        for (var i = 0; i < 6; i++)
            await _nexus.MessageAsync("""{"model":"claude-opus-5","messages":[]}""", "team-platform.engineering.example.com");
        await using var viewer = await chromium.LogInAsync(_nexus, width, dark);
        foreach (var (name, path) in new[] { ("resources", "/dashboard/resources?node=seeded"), ("resources-month", "/dashboard/resources?node=seeded&range=30d"), ("logs", "/dashboard/logs?service=proxy"), ("database", "/dashboard/database") })
        {
            await viewer.Page.GotoAsync(path);
            await viewer.AssertCleanAsync($"{name} {width}");
            await viewer.AssertAccessibleAsync($"{name} {width}");
            await viewer.PictureAsync($"{name}-{width}{(dark ? "-dark" : "")}");
        }
    }

    [Fact]
    public async Task The_log_flows_by_is_held_and_goes_on()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/logs?domain=seen.example");
        await Assertions.Expect(page.Locator(".live-state.on")).ToBeVisibleAsync();
        var first = await _nexus.MessageAsync("{}", "seen.example");
        await Assertions.Expect(page.Locator($"#log-rows tr:has(a[href$='{first}'])").First).ToBeVisibleAsync();
        // Holding it ends the connection, which the browser calls a request that failed.
        await viewer.AssertCleanAsync("log");
        await page.ClickAsync("[data-pause]");
        await Assertions.Expect(page.Locator(".live-state")).ToHaveTextAsync("Paused");
        var second = await _nexus.MessageAsync("{}", "seen.example");
        await page.ClickAsync("[data-pause]");
        await Assertions.Expect(page.Locator($"#log-rows tr:has(a[href$='{second}'])").First).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".live-state.on")).ToBeVisibleAsync();
    }
}
