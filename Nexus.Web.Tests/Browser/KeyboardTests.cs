using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>The dashboard without a mouse: keys and the palette.</summary>
[Collection(InTheBrowser.Name)]
public sealed class KeyboardTests(Chromium chromium) : SixtyRequests
{
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
    public async Task Times_that_a_page_was_sent_with_are_of_the_day_on_which_it_is_looked_at()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await page.Clock.SetFixedTimeAsync(DateTime.UtcNow.AddDays(2));
        await page.GotoAsync("/dashboard/requests");
        await Assertions.Expect(page.Locator("#request-rows time").First).ToHaveTextAsync(new Regex("^\\d+ [A-Z][a-z]{2}( \\d{4})?, \\d\\d:\\d\\d:\\d\\d$"));
    }
}
