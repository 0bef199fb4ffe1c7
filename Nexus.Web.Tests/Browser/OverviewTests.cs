using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Nexus.Web.Operations.Health;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>The page for the morning: how it looks on a phone, a laptop and a wall, and what flows by on it.</summary>
[Collection(InTheBrowser.Name)]
public sealed class OverviewTests(Chromium chromium) : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private string _database = "";

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        _nexus = await NexusApp.StartAsync(_upstream, _database = await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_morning_is_read_at_a_glance_from_phone_to_wall()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        await using var source = NpgsqlDataSource.Create(_database + ";Pooling=false");
        var seeded = new SeededUsage(source);
        var now = DateTimeOffset.UtcNow;
        for (var hour = 2; hour < 46; hour++)
            await seeded.AddAsync(new DateTimeOffset(now.Year, now.Month, now.Day, now.Hour, 0, 0, TimeSpan.Zero).AddHours(-hour), "team-platform.engineering.example.com", "acc_first", 900 + (hour * 37 % 400), input: 1_000 + (hour * 91 % 700), requests: 20 + (hour * 13 % 17), costMicros: 400_000 + (hour * 7_919 % 300_000));
        for (var i = 0; i < 6; i++)
            await session.RequestAsync(host: i % 2 == 0 ? "team-platform.engineering.example.com" : "localhost:3000");
        _upstream.Replies("application/json", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""u8.ToArray(), 529);
        await session.RequestAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        await using (var rows = source.CreateCommand("""
            INSERT INTO account_windows (account_id, window_name, status, utilization, resets_at, observed_at) VALUES ('acc_first', '5h', 'allowed_warning', 0.91, now() + interval '80 minutes', now()), ('acc_first', '7d', 'allowed', 0.4, now() + interval '3 days', now());
            INSERT INTO job_runs (id, job, node, by_hand, started_at, finished_at, outcome, error) VALUES (gen_random_uuid(), 'vacuum', 'here', false, now() - interval '2 hours', now() - interval '2 hours', 'failed', 'The disk is full: 0 B are free on /var/lib/nexus.')
            """))
            await rows.ExecuteNonQueryAsync();
        await _nexus.Services.GetRequiredService<CheckBoard>().RefreshAsync(CancellationToken.None);
        foreach (var dark in new[] { false, true })
        {
            await using var viewer = await chromium.LogInAsync(_nexus, dark: dark);
            foreach (var width in new[] { 390, 768, 1280, 3840 })
            {
                await viewer.Page.SetViewportSizeAsync(width, width == 3840 ? 2160 : 900);
                await viewer.Page.GotoAsync("/dashboard");
                await Assertions.Expect(viewer.Page.Locator(".verdict.warn, .verdict.bad")).ToContainTextAsync("vacuum");
                await Assertions.Expect(viewer.Page.Locator(".near li").First).ToContainTextAsync("91 %, near its end");
                await Assertions.Expect(viewer.Page.Locator(".wrong li").First).ToContainTextAsync("overloaded error (529)");
                await Assertions.Expect(viewer.Page.Locator("#tail li").First).ToBeVisibleAsync();
                await viewer.AssertCleanAsync($"overview {width}");
                await viewer.PictureAsync($"morning-{width}-{(dark ? "dark" : "light")}");
                if (width < 3840)
                    await viewer.AssertAccessibleAsync($"overview {width} {(dark ? "dark" : "light")}");
            }
        }
    }

    [Fact]
    public async Task The_tail_stands_still_under_the_pointer_counts_what_is_new_and_moves_nothing_else()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        var first = await session.RequestAsync();
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await Assertions.Expect(page.Locator($"#t-{first}")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".live-state.on")).ToBeVisibleAsync();
        await page.EvaluateAsync("document.body.dataset.loaded = 'once'");
        var below = await HeightOfFlowAsync(page);

        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _upstream.Answer = async context =>
        {
            (context.Response.StatusCode, context.Response.ContentType) = (200, "text/event-stream");
            await context.Response.WriteAsync(Streams.Events[0]);
            await context.Response.Body.FlushAsync();
            await go.Task;
            await context.Response.WriteAsync(string.Concat(Streams.Events[1..]));
        };
        await page.HoverAsync($"#t-{first}");
        var answers = Enumerable.Range(0, 3).Select(_ => _nexus.MessageAsync("""{"model":"claude-opus-5","messages":[]}""")).ToList();
        await Assertions.Expect(page.Locator(".in-flight li")).ToHaveCountAsync(3);
        Assert.Equal(below, await HeightOfFlowAsync(page));
        go.SetResult();
        var ids = await Task.WhenAll(answers);
        await Assertions.Expect(page.Locator(".held")).ToHaveTextAsync("Paused: 3 new");
        await Assertions.Expect(page.Locator("#tail li")).ToHaveCountAsync(1);
        Assert.Equal(below, await HeightOfFlowAsync(page));
        await page.Mouse.MoveAsync(2, 2);
        foreach (var id in ids)
            await Assertions.Expect(page.Locator($"#t-{id}")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".held")).ToHaveTextAsync("");
        await Assertions.Expect(page.Locator(".in-flight-none")).ToBeVisibleAsync();
        Assert.Equal(below, await HeightOfFlowAsync(page));

        // The keyboard holds it as well.
        await page.FocusAsync($"#t-{first} a");
        var last = await _nexus.MessageAsync("{}");
        await Assertions.Expect(page.Locator(".held")).ToHaveTextAsync("Paused: 1 new");
        await page.EvaluateAsync("document.activeElement.blur()");
        await Assertions.Expect(page.Locator($"#t-{last}")).ToBeVisibleAsync();
        Assert.Equal("once", await page.EvaluateAsync<string>("document.body.dataset.loaded"));
        await viewer.AssertCleanAsync("tail");
    }

    [Fact]
    public async Task However_many_requests_pass_the_tail_keeps_few_and_asks_for_none_of_them()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        var page = viewer.Page;
        await Assertions.Expect(page.Locator(".live-state.on")).ToBeVisibleAsync();
        await page.Mouse.MoveAsync(2, 2);
        var asked = new System.Collections.Concurrent.ConcurrentBag<string>();
        page.Request += (_, request) => asked.Add(request.Url);
        var ids = new List<string>();
        for (var i = 0; i < 90; i++)
            ids.Add(await _nexus.MessageAsync("""{"model":"claude-opus-5","messages":[]}"""));
        await Assertions.Expect(page.Locator($"#t-{ids[^1]}")).ToBeAttachedAsync();
        await NexusApp.UntilAsync(async () => await page.Locator("#tail li").CountAsync() <= 62, "old rows go");
        // Sums are asked for every three seconds at most; rows never.
        Assert.DoesNotContain(asked, url => url.Contains("/dashboard/request", StringComparison.Ordinal) || url.Contains("handler=Tail", StringComparison.Ordinal));
        await viewer.AssertCleanAsync("many");
    }

    [Fact]
    public async Task On_a_phone_the_pages_come_down_from_a_button_also_without_a_script()
    {
        foreach (var scripts in new[] { true, false })
        {
            await using var viewer = await chromium.LogInAsync(_nexus, width: 390, scripts: scripts);
            var page = viewer.Page;
            await Assertions.Expect(page.Locator("#pages")).ToBeHiddenAsync();
            await page.ClickAsync("text=Menu");
            await Assertions.Expect(page.Locator("#pages")).ToBeVisibleAsync();
            if (scripts)
            {
                await viewer.AssertAccessibleAsync("menu");
                await viewer.PictureAsync("menu-390");
                await page.Keyboard.PressAsync("Escape");
                await Assertions.Expect(page.Locator("#pages")).ToBeHiddenAsync();
                await page.ClickAsync("text=Menu");
            }

            await page.ClickAsync("#pages >> text=Backups");
            await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Backups");
            await viewer.AssertCleanAsync("menu");
        }
    }

    private static Task<double> HeightOfFlowAsync(IPage page) =>
        page.EvaluateAsync<double>("document.getElementById('details').getBoundingClientRect().top - document.querySelector('.flow').getBoundingClientRect().top");
}
