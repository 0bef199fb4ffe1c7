using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>The columns, orders and views of a table.</summary>
[Collection(InTheBrowser.Name)]
public sealed class ArrangedTablesTests(Chromium chromium) : SixtyRequests
{
    [Fact]
    public async Task A_table_with_a_default_view_keeps_its_whole_when_the_filter_is_emptied()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        await session.PostAsync("/dashboard/requests", "/dashboard/views?handler=Save", false, ("page", "requests"), ("name", "One"), ("query", "?domain=one.example"));
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/views");
        await page.ClickAsync("text=Set as default");
        await page.GotoAsync("/dashboard/requests");
        await viewer.ArrivesAtAsync("**/dashboard/requests?domain=one.example*");
        await page.SelectOptionAsync("#filter-domain", "");
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/dashboard/requests\\?all=?$"));
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator("#filter-domain")).ToHaveValueAsync("");
        await Assertions.Expect(page.Locator("#request-rows tr")).ToHaveCountAsync(50);
    }

    [Fact]
    public async Task A_table_is_arranged_sorted_saved_as_a_view_and_opened_from_the_palette()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/requests");
        await page.ClickAsync("#columns-menu summary");
        await page.CheckAsync("#col-messages");
        await Assertions.Expect(page.Locator("th", new() { HasText = "Messages" })).ToBeVisibleAsync();
        await page.CheckAsync("#density-compact");
        await Assertions.Expect(page.Locator("table.requests.compact")).ToBeVisibleAsync();
        await viewer.AssertAccessibleAsync("columns");
        await viewer.PictureAsync("table-columns");
        await page.Keyboard.PressAsync("Escape");
        await page.ClickAsync("th a:has-text('Cost')");
        await Assertions.Expect(page.Locator("th[aria-sort=descending]")).ToContainTextAsync("Cost");
        await page.SelectOptionAsync("#filter-domain", "");
        await page.SelectOptionAsync("select[name=status]", "2xx");
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("status=2xx.*density=compact.*sort=-cost"));
        await Assertions.Expect(page.Locator("th", new() { HasText = "Messages" })).ToBeVisibleAsync();
        await page.ClickAsync("#views-menu summary");
        await page.FillAsync("#view-name", "Dear ones");
        await page.PressAsync("#view-name", "Enter");
        await Assertions.Expect(page.Locator("#views-menu summary")).ToHaveTextAsync("View: Dear ones");
        await page.GotoAsync("/dashboard");
        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync("dear");
        await Assertions.Expect(page.Locator("#palette [aria-selected=true]")).ToContainTextAsync("Dear ones");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("th[aria-sort=descending]")).ToContainTextAsync("Cost");
        await page.GotoAsync("/dashboard/views");
        await viewer.AssertAccessibleAsync("views");
        await viewer.AssertCleanAsync("views");
    }

    [Fact]
    public async Task Tables_look_right_dense_and_wide_from_a_phone_to_a_wall()
    {
        foreach (var (width, dark, query) in new[] { (390, false, "?density=compact"), (1280, true, "?density=compact&range=24h&sort=-cost"), (2560, false, "?cols=time,outcome,model,domain,person,account,client,input,cached,written,output,cost,first,token,total,messages,tools,stop,sent,received,id"), (2560, true, "") })
        {
            await using var viewer = await chromium.LogInAsync(_nexus, width, dark);
            await viewer.Page.GotoAsync("/dashboard/requests" + query);
            await viewer.AssertCleanAsync($"table {width}");
            await viewer.AssertAccessibleAsync($"table {width}");
            await viewer.PictureAsync($"table-{width}-{(dark ? "dark" : "light")}");
        }
    }

    [Fact]
    public async Task Without_a_script_columns_views_and_orders_are_forms_and_links()
    {
        await using var viewer = await chromium.LogInAsync(_nexus, scripts: false);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/requests?domain=one.example");
        await page.ClickAsync("#columns-menu summary");
        await page.UncheckAsync("#col-model");
        await page.ClickAsync("button:has-text('Show')");
        await Assertions.Expect(page.Locator("th", new() { HasText = "Model" })).ToHaveCountAsync(0);
        await Assertions.Expect(page.Locator("#request-rows tr")).ToHaveCountAsync(30);
        await page.ClickAsync("th a:has-text('Cost')");
        await Assertions.Expect(page.Locator("th[aria-sort=descending]")).ToContainTextAsync("Cost");
        await page.SelectOptionAsync("select[name=status]", "2xx");
        await page.ClickAsync("button:has-text('Filter')");
        await Assertions.Expect(page.Locator("th[aria-sort=descending]")).ToContainTextAsync("Cost");
        await Assertions.Expect(page.Locator("th", new() { HasText = "Model" })).ToHaveCountAsync(0);
        await viewer.AssertCleanAsync("without scripts");
    }
}
