using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage.Accounting;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>The page of a named person, whom a proxy vouches for, with a quarter of work behind them.</summary>
[Collection(InTheBrowser.Name)]
public sealed class MinePageTests(Chromium chromium) : IAsyncLifetime
{
    private const string Ada = "ada@one.example";
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        var database = await Postgres.NewDatabaseAsync();
        await StoredPages.SeedAsync(database, 2_000);
        await using (var source = NpgsqlDataSource.Create(database))
        {
            await using (var named = source.CreateCommand($"UPDATE client_keys SET owner = '{Ada}'; UPDATE requests SET owner = '{Ada}'; UPDATE conversations SET owners = ARRAY['{Ada}']"))
                await named.ExecuteNonQueryAsync();
            await UsageRebuild.RunAsync(source, null, null, DateTimeOffset.UtcNow, _ => { }, CancellationToken.None);
        }

        _nexus = await NexusApp.StartAsync(_upstream, database, settings: Visitor.SingleSignOn(Ada + "=member"));
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_member_s_own_page_is_clean_and_accessible_from_phone_to_desk_and_leads_to_what_is_older(bool dark)
    {
        await using var viewer = await chromium.OpenAsync(_nexus, dark: dark);
        var page = viewer.Page;
        await page.Context.SetExtraHTTPHeadersAsync(new Dictionary<string, string> { [Visitor.Header] = Ada });
        await page.GotoAsync("/dashboard/login");
        await viewer.ArrivesAtAsync("**/dashboard/mine");
        foreach (var width in new[] { 390, 1280, 1920 })
        {
            await page.SetViewportSizeAsync(width, 900);
            await page.GotoAsync("/dashboard/mine");
            await Assertions.Expect(page.Locator("h2", new() { HasText = "Latest requests" })).ToBeVisibleAsync();
            await viewer.AssertCleanAsync($"mine {width}");
            await viewer.PictureAsync($"mine-named-{width}-{(dark ? "dark" : "light")}");
            if (width != 1920)
                await viewer.AssertAccessibleAsync($"mine {width}");
        }

        var first = await page.Locator("tr[id^=r-]").First.GetAttributeAsync("id");
        await page.ClickAsync("text=Older requests");
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("before="));
        await Assertions.Expect(page.Locator($"#{first}")).ToHaveCountAsync(0);
        await page.Locator("text=Newest").First.ClickAsync();
        await Assertions.Expect(page.Locator($"#{first}")).ToBeVisibleAsync();
        await page.FillAsync("main input[type=search]", "no-such-word");
        await page.PressAsync("main input[type=search]", "Enter");
        await Assertions.Expect(page.Locator(".empty")).ToContainTextAsync("Nothing of yours matches");
        await viewer.AssertCleanAsync("mine, searched");
    }
}
