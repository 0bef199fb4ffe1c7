using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Bench.Seed;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Pages;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Jobs;
using Nexus.Web.Usage.Accounting;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>
/// A Nexus with a quarter of work behind it, in which every page has something to show; made once, by the first of the tests that walk
/// through all of them, so that no other test of the collection fails with it.
/// </summary>
public sealed class StoredPages : IAsyncLifetime
{
    internal const string Conversation = """
        {"model":"claude-opus-5","stream":true,"system":[{"type":"text","text":"You are Claude Code."}],"tools":[{"name":"Bash","input_schema":{"type":"object"}},{"name":"mcp__a_server_with_a_long_name__and_a_tool_with_a_longer_one","input_schema":{"type":"object"}}],
         "messages":[{"role":"user","content":[{"type":"text","text":"Why does the test fail? averyveryveryveryveryveryveryveryverylongwordthatdoesnotfitonaphone\n\n```\nExpected: 60\n```"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}}]},
          {"role":"assistant","content":[{"type":"thinking","thinking":"Let me look.","signature":"c2ln"},{"type":"tool_use","id":"toolu_1","name":"mcp__a_server_with_a_long_name__and_a_tool_with_a_longer_one","input":{"command":"cat a/file/with/a/very/long/path/that/goes/on/and/on/and/on/and/on/Retry.cs"}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","is_error":true,"content":"cat: no such file"}]}]}
        """;

    private const string Account = "acc_login_with_a_rather_long_name";
    private FakeAnthropic _upstream = null!;
    private NexusApp? _nexus;

    internal NexusApp Nexus => _nexus ?? throw new InvalidOperationException($"{nameof(MadeAsync)} comes first.");

    /// <summary>Every page and every view of one that looks different, with the name of its picture.</summary>
    internal IReadOnlyList<(string Name, string Path)> All { get; private set; } = [];

    /// <summary>For the beginning of every test that uses it. Made of a dozen parts, so each test tries it twice.</summary>
    internal async Task MadeAsync()
    {
        if (All.Count > 0)
            return;
        try
        {
            await MakeAsync();
        }
        catch (Exception first)
        {
            Console.WriteLine($"The stored pages are made once more: {first}");
            await DisposeAsync();
            await MakeAsync();
        }
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_nexus is { } nexus)
            await nexus.DisposeAsync();
        if (_upstream is { } upstream)
            await upstream.DisposeAsync();
        (_nexus, _upstream) = (null, null!);
    }

    private async Task MakeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        var database = await Postgres.NewDatabaseAsync();
        await SeedAsync(database, 9_000);
        _nexus = await NexusApp.StartAsync(_upstream, database);
        await Nexus.ReadyAsync();
        await Nexus.PayForAsync("pool.example", """{"accounts":[{"type":"api_key","accountId":"acc_first","api_key":"sk-ant-1"},{"type":"oauth","accountId":"acc_login_with_a_rather_long_name","oauth":{"accessToken":"at","refreshToken":"rt","expiresAt":4102444800000}}]}""");
        var session = await DashboardSession.StartAsync(Nexus);
        var (request, failed) = await RequestsAsync(session);
        Nexus.Services.GetRequiredService<AccountStates>().Of(Account).Change(known => known
            .Cooled(new("claude-opus-5", DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddHours(3), true, "the upstream answered 429")).Failed("the upstream answered 429", DateTimeOffset.UtcNow)
            .Told([new("5h", "allowed_warning", 0.91, DateTimeOffset.UtcNow.AddHours(2)), new("7d_opus", "rejected", 1, DateTimeOffset.UtcNow.AddDays(3))]));
        var budget = (await Nexus.LimitAsync(new { name = "each domain, a week", scope = "domain", subject = "*", amount = 40_000_000, period = "week", timeZone = "Europe/Berlin", hard = true, concurrentStreams = 10 }))["id"]!.GetValue<string>();
        var (key, _) = await Nexus.NewKeyAsync(KeyRing.KeyOf("pool.example", "claude-haiku-*", "claude-sonnet-5") with { Name = "nightly build", Owner = "grace", ExpiresAt = DateTimeOffset.UtcNow.AddDays(30) });
        var jobs = new JobHistory(Nexus);
        await jobs.ServingAsync();
        foreach (var job in new[] { "database-backup", "restore-drill", "reports" })
            await jobs.StateAsync(jobs.Trigger(job), "Succeeded");
        await session.PostAsync("/dashboard/conformance", "/dashboard/conformance", htmx: true);
        All = [.. Navigation.Groups.SelectMany(group => group.Entries).Select(entry => (entry.Title.ToLowerInvariant(), entry.Href)), .. Details(request, failed, budget, key.Id, await ReportAsync())];
    }

    private IEnumerable<(string Name, string Path)> Details(string request, string failed, string budget, string key, Guid report) =>
    [
        ("requests-errors", "/dashboard/requests?outcome=errors&range=24h"), ("requests-none", "/dashboard/requests?domain=nobody.example&range=custom&from=2026-01-01T00:00"),
        ("request", "/dashboard/request/" + request), ("request-failed", "/dashboard/request/" + failed), ("request-raw", $"/dashboard/request/{request}?view=raw"), ("request-headers", $"/dashboard/request/{request}?view=headers"), ("request-events", $"/dashboard/request/{request}?view=events"),
        ("compare", $"/dashboard/compare?left={failed}&right={request}"),
        ("conversation", "/dashboard/conversation/" + request), ("conversation-tree", $"/dashboard/conversation/{request}?view=tree"), ("conversation-timeline", $"/dashboard/conversation/{request}?view=timeline"),
        ("usage-month", "/dashboard/usage?range=30d&by=owner"), ("limits-account", "/dashboard/token-usage?accountId=acc_1"), ("budget", "/dashboard/budget/" + budget), ("prices-edit", "/dashboard/prices/edit"),
        ("accounts-next", "/dashboard/accounts?domain=pool.example&model=claude-opus-5"), ("key", "/dashboard/key/" + key),
        ("job", "/dashboard/job/vacuum"), ("job-run", "/dashboard/job/restore-drill"), ("restore", "/dashboard/restore?name=" + Nexus.Services.GetRequiredService<BackupStore>().List("database")[0].Name), ("logs-none", "/dashboard/logs?text=no-such-line"),
        ("report", "/dashboard/report/" + report), ("views", "/dashboard/views"), ("break-glass", "/dashboard/break-glass?returnUrl=/dashboard/conversations"),
    ];

    /// <summary>One whole request and one that failed, among some more.</summary>
    private async Task<(string Request, string Failed)> RequestsAsync(DashboardSession session)
    {
        _upstream.Replies("text/event-stream", Streams.Whole);
        for (var i = 0; i < 3; i++)
            await session.RequestAsync(Conversation, host: i % 2 == 0 ? "team-platform.engineering.example.com" : "localhost:3000");
        _upstream.Replies("application/json", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""u8.ToArray(), 529);
        var failed = await session.RequestAsync(Conversation);
        _upstream.Replies("text/event-stream", Streams.Whole);
        return (await session.RequestAsync(Conversation), failed);
    }

    private async Task<Guid> ReportAsync()
    {
        await using var db = await Nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
        return await db.Reports.Where(report => report.Kind == "daily-errors").Select(report => report.Id).FirstAsync();
    }

    /// <summary>Ninety days of a team's requests, with their rollups and conversations.</summary>
    internal static async Task SeedAsync(string database, long rows)
    {
        await using var source = NpgsqlDataSource.Create(database);
        var now = DateTimeOffset.UtcNow;
        foreach (var statement in LedgerSeed.Statements(now, rows))
        {
            await using var command = source.CreateCommand(statement);
            await command.ExecuteNonQueryAsync();
        }

        await UsageRebuild.RunAsync(source, null, null, now, _ => { }, CancellationToken.None);
    }
}
