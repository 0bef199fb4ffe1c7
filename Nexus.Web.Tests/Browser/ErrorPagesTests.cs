using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>What is not there, a form that is too old, a fault of Nexus: as somebody meets them.</summary>
[Collection(InTheBrowser.Name)]
public sealed class ErrorPagesTests(Chromium chromium) : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private string _database = "";
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData(390, false)]
    [InlineData(1280, true)]
    public async Task What_is_not_there_and_a_fault_are_pages_with_a_way_on(int width, bool dark)
    {
        await using var viewer = await chromium.LogInAsync(_nexus, width, dark);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/request/0190f0e0-0000-7000-8000-000000000000");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Nothing is here any more");
        await viewer.AssertAccessibleAsync("not there");
        await viewer.PictureAsync($"error-404-{width}");
        await page.ClickAsync(".error-page a:has-text('Requests')");
        await viewer.ArrivesAtAsync("**/dashboard/requests");

        await RenameAsync("reports", "reports_elsewhere");
        await page.GotoAsync("/dashboard/reports");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Something failed in Nexus");
        await Assertions.Expect(page.Locator(".error-page code")).Not.ToBeEmptyAsync();
        await viewer.AssertAccessibleAsync("fault");
        await viewer.PictureAsync($"error-500-{width}");
        await RenameAsync("reports_elsewhere", "reports");
        await page.ClickAsync("text=Load again");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Reports");
    }

    [Fact]
    public async Task A_form_that_is_too_old_says_so_and_works_when_its_page_is_loaded_again()
    {
        await using var viewer = await chromium.OpenAsync(_nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/login");
        await ForgetAsync(page);
        await page.FillAsync("input[name=key]", NexusApp.Key);
        await page.ClickAsync("button.primary");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("This form is too old");
        await viewer.AssertAccessibleAsync("stale form");
        await viewer.PictureAsync("error-stale");
        await page.ClickAsync("text=Load again");
        await page.FillAsync("input[name=key]", NexusApp.Key);
        await page.ClickAsync("button.primary");
        await viewer.ArrivesAtAsync("**/dashboard");

        await page.GotoAsync("/dashboard/job/vacuum");
        await ForgetAsync(page);
        await page.ClickAsync("button:has-text('Pause')");
        await Assertions.Expect(page.Locator("#toast")).ToContainTextAsync("This was not done: This form was open too long, or you signed in anew. Nothing was changed.");
        await viewer.PictureAsync("error-stale-toast");
        await page.ClickAsync("#toast >> text=Load again");
        await Assertions.Expect(page.Locator("#toast")).ToBeHiddenAsync();
        await page.ClickAsync("button:has-text('Pause')");
        await Assertions.Expect(page.Locator("#job button:has-text('Resume')")).ToBeVisibleAsync();
    }

    private static Task ForgetAsync(IPage page) => page.Context.ClearCookiesAsync(new() { NameRegex = new Regex("Antiforgery") });

    private async Task RenameAsync(string table, string name)
    {
        await using var source = NpgsqlDataSource.Create(_database);
        await using var rename = source.CreateCommand($"ALTER TABLE {table} RENAME TO {name}");
        await rename.ExecuteNonQueryAsync();
    }
}
