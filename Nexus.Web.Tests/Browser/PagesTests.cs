using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>Every page as a daily user sees it: light and dark, on a phone, a laptop and a wide screen.</summary>
[Collection(InTheBrowser.Name)]
public sealed class PagesTests(Chromium chromium) : IAsyncLifetime
{
    private const string Conversation = """
        {"model":"claude-opus-5","stream":true,"system":[{"type":"text","text":"You are Claude Code."}],"tools":[{"name":"Bash","input_schema":{"type":"object"}},{"name":"mcp__a_server_with_a_long_name__and_a_tool_with_a_longer_one","input_schema":{"type":"object"}}],
         "messages":[{"role":"user","content":[{"type":"text","text":"Why does the test fail? averyveryveryveryveryveryveryveryverylongwordthatdoesnotfitonaphone\n\n```\nExpected: 60\n```"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}}]},
          {"role":"assistant","content":[{"type":"thinking","thinking":"Let me look.","signature":"c2ln"},{"type":"tool_use","id":"toolu_1","name":"mcp__a_server_with_a_long_name__and_a_tool_with_a_longer_one","input":{"command":"cat a/file/with/a/very/long/path/that/goes/on/and/on/and/on/and/on/Retry.cs"}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","is_error":true,"content":"cat: no such file"}]}]}
        """;

    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Every_page_is_clean_and_accessible_in_light_and_dark_from_phone_to_desk()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        for (var i = 0; i < 5; i++)
            await session.RequestAsync(Conversation, host: i % 2 == 0 ? "team-platform.engineering.example.com" : "localhost:3000");
        _upstream.Replies("application/json", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""u8.ToArray(), 529);
        var failed = await session.RequestAsync(Conversation);
        _upstream.Replies("text/event-stream", Streams.Whole);
        var id = await session.RequestAsync(Conversation);
        var jobs = new Operations.Jobs.JobHistory(_nexus);
        await jobs.ServingAsync();
        foreach (var job in new[] { "database-backup", "restore-drill" })
            await jobs.StateAsync(jobs.Trigger(job), "Succeeded");
        var backup = _nexus.Services.GetRequiredService<BackupStore>().List("database")[0].Name;
        (string Name, string Path)[] pages =
        [
            ("overview", "/dashboard"), ("health", "/dashboard/health"), ("requests", "/dashboard/requests"), ("requests-errors", "/dashboard/requests?outcome=errors&range=24h"), ("requests-none", "/dashboard/requests?domain=nobody.example&range=custom&from=2026-01-01T00:00"),
            ("request", "/dashboard/request/" + id), ("request-failed", "/dashboard/request/" + failed), ("request-raw", $"/dashboard/request/{id}?view=raw"), ("request-headers", $"/dashboard/request/{id}?view=headers"), ("request-events", $"/dashboard/request/{id}?view=events"), ("conversations", "/dashboard/conversations?single=true"), ("conversation", "/dashboard/conversation/" + id), ("conversation-tree", $"/dashboard/conversation/{id}?view=tree"), ("conversation-timeline", $"/dashboard/conversation/{id}?view=timeline"), ("jobs", "/dashboard/jobs"), ("job", "/dashboard/job/vacuum"), ("job-run", "/dashboard/job/restore-drill"), ("backups", "/dashboard/backups"), ("restore", "/dashboard/restore?name=" + backup), ("logs", "/dashboard/logs"), ("resources", "/dashboard/resources"), ("database", "/dashboard/database"), ("logs-none", "/dashboard/logs?text=no-such-line"), ("conformance", "/dashboard/conformance"), ("alerts", "/dashboard/alerts"), ("reports", "/dashboard/reports"), ("audit", "/dashboard/audit"), ("views", "/dashboard/views"), ("keys", "/dashboard/keys"), ("domains", "/dashboard/domains"),
            ("accounts", "/dashboard/accounts"), ("accounts-next", "/dashboard/accounts?domain=pool.example&model=claude-opus-5"),
            ("compare", $"/dashboard/compare?left={failed}&right={id}"),
        ];
        await _nexus.PayForAsync("pool.example", """{"accounts":[{"type":"api_key","accountId":"acc_first","api_key":"sk-ant-1"},{"type":"oauth","accountId":"acc_login_with_a_rather_long_name","oauth":{"accessToken":"at","refreshToken":"rt","expiresAt":4102444800000}}]}""");
        var state = _nexus.Services.GetRequiredService<Nexus.Web.Credentials.Pool.AccountStates>().Of("acc_login_with_a_rather_long_name");
        state.Change(known => known.Cooled(new("claude-opus-5", DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddHours(3), true, "the upstream answered 429")).Failed("the upstream answered 429", DateTimeOffset.UtcNow)
            .Told([new("5h", "allowed_warning", 0.91, DateTimeOffset.UtcNow.AddHours(2)), new("7d_opus", "rejected", 1, DateTimeOffset.UtcNow.AddDays(3))]));
        await session.PostAsync("/dashboard/conformance", "/dashboard/conformance", htmx: true);
        foreach (var dark in new[] { false, true })
        {
            await using var viewer = await chromium.LogInAsync(_nexus, dark: dark);
            foreach (var (name, path) in pages)
                await LookAsync(viewer, name, path, dark);
            await using var stranger = await chromium.OpenAsync(_nexus, dark: dark);
            await LookAsync(stranger, "login", "/dashboard/login", dark);
        }
    }

    [Fact]
    public async Task From_the_first_start_to_the_first_request_seen_live_and_opened()
    {
        await using var viewer = await chromium.OpenAsync(_nexus);
        var page = viewer.Page;
        await page.GotoAsync("/");
        await Assertions.Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/dashboard/login"));
        await page.FillAsync("input[name=key]", NexusApp.Key);
        await page.ClickAsync("button.primary");
        await Assertions.Expect(page.Locator("#set-up-own")).ToContainTextAsync("ANTHROPIC_BASE_URL=" + _nexus.Proxy.BaseAddress!.ToString().TrimEnd('/'));
        await viewer.AssertAccessibleAsync("empty overview");
        await viewer.PictureAsync("overview-empty");
        await page.ClickAsync("nav >> text=Requests");
        await Assertions.Expect(page.Locator(".empty h2")).ToHaveTextAsync("No request has passed yet");
        await Assertions.Expect(page.Locator(".live-state.on")).ToBeVisibleAsync();
        await page.EvaluateAsync("document.body.dataset.loaded = 'once'");

        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _upstream.Answer = async context =>
        {
            (context.Response.StatusCode, context.Response.ContentType) = (200, "text/event-stream");
            await context.Response.WriteAsync(Streams.Events[0]);
            await context.Response.Body.FlushAsync();
            await go.Task;
            await context.Response.WriteAsync(string.Concat(Streams.Events[1..]));
        };
        var answer = _nexus.MessageAsync(Conversation);
        var elapsed = page.Locator(".in-flight .elapsed");
        await Assertions.Expect(elapsed).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".in-flight .state")).ToContainTextAsync("received");
        var before = await elapsed.TextContentAsync();
        await Assertions.Expect(elapsed).Not.ToHaveTextAsync(before!);
        await viewer.PictureAsync("requests-in-flight");
        go.SetResult();
        var id = await answer;
        await Assertions.Expect(page.Locator($"#r-{id}")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".empty")).ToBeHiddenAsync();
        await Assertions.Expect(page.Locator(".in-flight-card")).ToHaveCountAsync(0);
        Assert.Equal("once", await page.EvaluateAsync<string>("document.body.dataset.loaded"));

        await page.ClickAsync($"#r-{id}");
        await Assertions.Expect(page.Locator("#answer .prose")).ToHaveTextAsync("Hello");
        await Assertions.Expect(page.Locator(".turn.results .block.failed")).Not.ToHaveAttributeAsync("open", "");
        await page.ClickAsync("text=Unfold all");
        await Assertions.Expect(page.Locator(".turn.results pre")).ToHaveTextAsync("cat: no such file");
        await page.ClickAsync(".tabs >> text=Stream events");
        await Assertions.Expect(page.Locator("table.events tbody tr")).ToHaveCountAsync(Streams.Events.Length);
        await Assertions.Expect(page.Locator(".tabs [aria-current]")).ToHaveTextAsync("Stream events");
        await page.GoBackAsync();
        await Assertions.Expect(page.Locator("#answer")).ToBeVisibleAsync();
        await page.ClickAsync("text=Log out");
        await Assertions.Expect(page.Locator("input[name=key]")).ToBeVisibleAsync();
        await viewer.AssertCleanAsync("journey");
    }

    [Fact]
    public async Task Without_a_script_pages_are_read_filtered_and_paged()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        await session.RequestAsync(Conversation, host: "one.example");
        await session.RequestAsync(Conversation, host: "two.example");
        await using var viewer = await chromium.LogInAsync(_nexus, scripts: false);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/requests");
        await page.SelectOptionAsync("select[name=domain]", "two.example");
        await page.ClickAsync("button:has-text('Filter')");
        await Assertions.Expect(page.Locator("#request-rows tr")).ToHaveCountAsync(1);
        await page.ClickAsync("#request-rows a");
        await page.ClickAsync(".turn.results summary");
        await Assertions.Expect(page.Locator(".turn.results pre")).ToHaveTextAsync("cat: no such file");
        await viewer.AssertCleanAsync("without scripts");
    }

    private static async Task LookAsync(Viewer viewer, string name, string path, bool dark)
    {
        foreach (var width in new[] { 390, 1280, 1920 })
        {
            await viewer.Page.SetViewportSizeAsync(width, 900);
            await viewer.Page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Load });
            await viewer.AssertCleanAsync($"{name} {width} {(dark ? "dark" : "light")}");
            await viewer.PictureAsync($"{name}-{width}-{(dark ? "dark" : "light")}");
            // What axe looks at differs between themes and between the table and its cards, not between a laptop and a wall.
            if (width != 1920)
                await viewer.AssertAccessibleAsync($"{name} {width} {(dark ? "dark" : "light")}");
        }
    }
}
