using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>The dashboard without a mouse: keys, the palette, the columns and views of a table.</summary>
[Collection(InTheBrowser.Name)]
public sealed class KeyboardTests(Chromium chromium) : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
        var now = DateTimeOffset.UtcNow;
        await SeededLedger.AddAsync(_nexus, Enumerable.Range(0, 60).Select(i => SeededLedger.Row(now.AddSeconds(-60 - i), i % 2 == 0 ? "one.example" : "two.example", i * 1000, i * 10, i)));
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    private static Task<string> FocusAsync(IPage page) => page.EvaluateAsync<string>("document.activeElement.closest('tr')?.id ?? document.activeElement.id ?? ''");

    [Fact]
    public async Task Keys_move_through_pages_rows_and_fields_and_nothing_fires_while_somebody_types()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("r");
        await viewer.ArrivesAtAsync("**/dashboard/requests");
        var rows = await page.EvaluateAsync<string[]>("[...document.querySelectorAll('#request-rows tr')].map(row => row.id)");
        await page.Keyboard.PressAsync("j");
        Assert.Equal(rows[0], await FocusAsync(page));
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("k");
        Assert.Equal(rows[1], await FocusAsync(page));
        await viewer.PictureAsync("keyboard-row");
        await page.Keyboard.PressAsync("Enter");
        await viewer.ArrivesAtAsync($"**/dashboard/request/{rows[1][2..]}*");
        await page.Keyboard.PressAsync("]");
        await viewer.ArrivesAtAsync($"**/dashboard/request/{rows[2][2..]}*");
        await page.Keyboard.PressAsync("[");
        await viewer.ArrivesAtAsync($"**/dashboard/request/{rows[1][2..]}*");
        await page.Keyboard.PressAsync("Escape");
        await viewer.ArrivesAtAsync("**/dashboard/requests");
        await page.Keyboard.PressAsync("]");
        await viewer.ArrivesAtAsync("**/dashboard/requests?before=*");
        await Assertions.Expect(page.Locator("#request-rows tr")).ToHaveCountAsync(10);
        await page.Keyboard.PressAsync("[");
        await viewer.ArrivesAtAsync("**/dashboard/requests");
        await page.Keyboard.PressAsync("f");
        Assert.Equal("filter-domain", await FocusAsync(page));

        await page.GotoAsync("/dashboard/logs");
        await page.Keyboard.PressAsync("/");
        var field = page.Locator("main input[type=search]");
        await Assertions.Expect(field).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("g r?jk/[]");
        await Assertions.Expect(field).ToHaveValueAsync("g r?jk/[]");
        Assert.EndsWith("/dashboard/logs", page.Url.Split('?')[0], StringComparison.Ordinal);
        await Assertions.Expect(page.Locator("dialog:modal")).ToHaveCountAsync(0);
        await viewer.AssertCleanAsync("keyboard");
    }

    [Fact]
    public async Task Lists_that_are_no_tables_are_walked_too_the_overview_s_and_the_turns_of_a_conversation()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        var id = await session.RequestAsync(StoredPages.Conversation);
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard");
        var rows = await page.EvaluateAsync<string[]>("[...document.querySelectorAll('#tail li[id]')].map(row => row.id)");
        await page.FocusAsync($"#{rows[0]} a");
        await page.Keyboard.PressAsync("j");
        Assert.Equal(rows[1], await ItemAsync(page));
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("k");
        Assert.Equal(rows[1], await ItemAsync(page));
        Assert.NotEqual("none", await page.EvaluateAsync<string>("getComputedStyle(document.activeElement.closest('li')).boxShadow"));
        await viewer.PictureAsync("keyboard-tail");
        await page.Keyboard.PressAsync("Enter");
        await viewer.ArrivesAtAsync($"**/dashboard/request/{rows[1][2..]}");

        await page.GotoAsync("/dashboard/request/" + id);
        var turns = await page.EvaluateAsync<string[]>("[...document.querySelectorAll('main [data-walked]')].map(turn => turn.id)");
        Assert.Contains("answer", turns);
        await page.FocusAsync($"#{turns[0]} a");
        await page.Keyboard.PressAsync("j");
        Assert.Equal(turns[1], await ItemAsync(page));
        Assert.NotEqual("none", await page.EvaluateAsync<string>("getComputedStyle(document.activeElement.closest('section')).boxShadow"));
        await viewer.PictureAsync("keyboard-turn");
        await page.GotoAsync($"/dashboard/conversation/{id}?view=timeline");
        await page.FocusAsync(".timeline > li a");
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("Enter");
        await viewer.ArrivesAtAsync("**/dashboard/request/*");
        await viewer.AssertCleanAsync("lists by keys");

        static Task<string> ItemAsync(IPage page) => page.EvaluateAsync<string>("document.activeElement.closest('[data-walk] > *, [data-walked]')?.id ?? document.activeElement.outerHTML");
    }

    [Fact]
    public async Task The_help_lists_what_the_keys_do_and_gives_the_focus_back()
    {
        await using var viewer = await chromium.LogInAsync(_nexus, dark: true);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/requests");
        await page.Keyboard.PressAsync("j");
        var row = await FocusAsync(page);
        await page.Keyboard.PressAsync("?");
        var dialog = page.Locator("#keyboard");
        await Assertions.Expect(dialog).ToBeVisibleAsync();
        await Assertions.Expect(dialog).ToContainTextAsync("Next page or item");
        await Assertions.Expect(dialog.Locator("dd", new() { HasTextRegex = new Regex("^Requests$") })).ToHaveCountAsync(1);
        await viewer.AssertAccessibleAsync("help");
        await viewer.PictureAsync("keyboard-help");
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("k");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(dialog).ToBeHiddenAsync();
        Assert.Equal(row, await FocusAsync(page));
        Assert.EndsWith("/dashboard/requests", page.Url, StringComparison.Ordinal);
        await viewer.AssertCleanAsync("help");
    }

    [Fact]
    public async Task The_palette_finds_and_does_from_the_keyboard_alone_on_a_desk_and_a_phone()
    {
        foreach (var (width, dark) in new[] { (1280, false), (390, true) })
        {
            await using var viewer = await chromium.LogInAsync(_nexus, width, dark);
            var page = viewer.Page;
            if (width < 400)
                await page.ClickAsync("[data-palette]");
            else
                await page.Keyboard.PressAsync("Control+k");
            var field = page.Locator("#palette input");
            await Assertions.Expect(field).ToBeFocusedAsync();
            await Assertions.Expect(page.Locator("#palette-count")).ToHaveTextAsync(new Regex("results"));
            await viewer.AssertAccessibleAsync("palette");
            await viewer.PictureAsync($"palette-{width}");
            await page.Keyboard.TypeAsync("new key");
            await Assertions.Expect(page.Locator("#palette [aria-selected=true]")).ToHaveTextAsync(new Regex("^New key"));
            Assert.Equal(await page.Locator("#palette [aria-selected=true]").GetAttributeAsync("id"), await field.GetAttributeAsync("aria-activedescendant"));
            await page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(page.Locator("#new-key:modal")).ToBeVisibleAsync();
            await page.Keyboard.PressAsync("Escape");
            await page.Keyboard.PressAsync("Control+k");
            await field.FillAsync("toggle");
            await Assertions.Expect(page.Locator("#palette [aria-selected=true]")).ToHaveTextAsync(new Regex("^Toggle theme"));
            await page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", dark ? "light" : "dark");
            await page.ReloadAsync();
            await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", dark ? "light" : "dark");
            await viewer.AssertCleanAsync("palette");
        }
    }

    [Fact]
    public async Task Enter_in_the_palette_waits_for_the_answer_to_what_is_in_the_field()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await page.RouteAsync("**/dashboard/palette?q=new**", async route =>
        {
            await go.Task;
            await route.ContinueAsync();
        });
        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(page.Locator("#palette [aria-selected=true]")).ToBeVisibleAsync();
        await page.Keyboard.TypeAsync("new key");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#palette")).ToBeVisibleAsync();
        go.SetResult();
        await viewer.ArrivesAtAsync("**/dashboard/keys#new-key");
        await page.Keyboard.PressAsync("Escape");

        // Opened again it shows nothing of before.
        await page.Keyboard.PressAsync("Control+k");
        await page.Locator("#palette input").FillAsync("jobs");
        await Assertions.Expect(page.Locator("#palette [aria-selected=true]")).ToContainTextAsync("Jobs");
        await page.Keyboard.PressAsync("Escape");
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await page.RouteAsync("**/dashboard/palette?q=jobs", async route =>
        {
            await again.Task;
            await route.ContinueAsync();
        });
        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(page.Locator("#palette")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#palette [role=option]")).ToHaveCountAsync(0);
        again.SetResult();
        await Assertions.Expect(page.Locator("#palette [aria-selected=true]")).ToContainTextAsync("Jobs");
        await viewer.AssertCleanAsync("palette that waits");
    }

    [Fact]
    public async Task Escape_leaves_no_form_that_somebody_has_begun_to_fill_in()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/job/vacuum");
        var field = page.Locator("main form input[name=minutes]");
        var before = await field.InputValueAsync();
        await field.FillAsync("77");
        await field.BlurAsync();
        await page.EvaluateAsync("document.querySelector('main .crumbs a').addEventListener('click', () => { document.body.dataset.left = 'yes'; })");
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("?");
        await Assertions.Expect(page.Locator("#keyboard")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        Assert.Null(await page.Locator("body").GetAttributeAsync("data-left"));
        Assert.Equal("77", await field.InputValueAsync());
        await field.FillAsync(before);
        await field.BlurAsync();
        await page.Keyboard.PressAsync("Escape");
        await viewer.ArrivesAtAsync("**/dashboard/jobs");
    }

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
    public async Task Times_that_a_page_was_sent_with_are_of_the_day_on_which_it_is_looked_at()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.Clock.SetFixedTimeAsync(DateTime.UtcNow.AddDays(2));
        await page.GotoAsync("/dashboard/requests");
        await Assertions.Expect(page.Locator("#request-rows time").First).ToHaveTextAsync(new Regex("^\\d+ [A-Z][a-z]{2}( \\d{4})?, \\d\\d:\\d\\d:\\d\\d$"));
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
