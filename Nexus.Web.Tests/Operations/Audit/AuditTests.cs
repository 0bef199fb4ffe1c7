using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Jobs;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Audit;

public sealed class AuditTests : IAsyncLifetime
{
    /// <summary>
    /// What each handler that changes something writes into the audit log; those in brackets change nothing and say why. A new
    /// handler fails the test until it is decided what it writes.
    /// </summary>
    private static readonly Dictionary<string, string> Handlers = new()
    {
        ["AccountsModel.OnPostAsync"] = "account.tested",
        ["ConformanceModel.OnPostAsync"] = "conformance.run",
        ["HealthModel.OnPostCheckAsync"] = "(it only looks)",
        ["POST /api/conformance/"] = "conformance.run",
        ["AlertsModel.OnPostAcknowledgeAsync"] = "alert.acknowledged",
        ["AlertsModel.OnPostEndSilenceAsync"] = "alert.silence_ended",
        ["AlertsModel.OnPostResetRuleAsync"] = "alert.rule_reset",
        ["AlertsModel.OnPostRuleAsync"] = "alert.rule_changed",
        ["AlertsModel.OnPostSilenceAsync"] = "alert.silenced",
        ["AlertsModel.OnPostTestAsync"] = "channel.tested",
        ["BackupsModel.OnPostDeleteAsync"] = "backup.deleted",
        ["BackupsModel.OnPostRunAsync"] = "job.started",
        ["BudgetModel.OnPostDeleteAsync"] = "limit.deleted",
        ["BudgetModel.OnPostEditAsync"] = "limit.changed",
        ["BudgetModel.OnPostEnableAsync"] = "limit.enabled",
        ["BudgetModel.OnPostRaiseAsync"] = "limit.raised",
        ["BudgetsModel.OnPostCreateAsync"] = "limit.created",
        ["BudgetsModel.OnPostWhatIfAsync"] = "(it only reckons)",
        ["ConversationModel.OnPostAnalyseAsync"] = "analysis.requested",
        ["DomainsModel.OnPostAsync"] = "domain.capture",
        ["JobModel.OnPostChangeAsync"] = "job.changed",
        ["JobModel.OnPostPauseAsync"] = "job.paused",
        ["JobModel.OnPostResetAsync"] = "job.reset",
        ["JobModel.OnPostRunAsync"] = "job.started",
        ["JobsModel.OnPostRunAsync"] = "job.started",
        ["KeyModel.OnPostEditAsync"] = "key.edited",
        ["KeyModel.OnPostRevokeAsync"] = "key.revoked",
        ["KeyModel.OnPostRotateAsync"] = "key.rotated",
        ["KeysModel.OnPostCreateAsync"] = "key.created",
        ["KeysModel.OnPostTestAsync"] = "(it asks the proxy whether a key works)",
        ["LoginModel.OnPostAsync"] = "login.succeeded",
        ["LoginModel.OnPostSsoAsync"] = "login.succeeded",
        ["SessionsModel.OnPostEndAsync"] = "session.revoked",
        ["SessionsModel.OnPostOthersAsync"] = "session.revoked",
        ["BreakGlassModel.OnPostAsync"] = "break_glass.opened",
        ["BreakGlassModel.OnPostEndAsync"] = "break_glass.ended",
        ["PricesEditModel.OnPostAsync"] = "prices.changed",
        ["PricesModel.OnPostRepriceAsync"] = "prices.reprice_requested",
        ["LogsModel.OnPostLevelAsync"] = "log.level_changed",
        ["LogsModel.OnPostResetAsync"] = "log.level_reset",
        ["ReportsModel.OnPostMakeAsync"] = "job.started",
        ["RestoreModel.OnPostStartAsync"] = "database.restore_started",
        ["ViewsModel.OnPostDefaultAsync"] = "(how somebody likes their own tables)",
        ["ViewsModel.OnPostDeleteAsync"] = "view.deleted",
        ["ViewsModel.OnPostKeepAsync"] = "(how somebody likes their own tables)",
        ["ViewsModel.OnPostRenameAsync"] = "view.renamed",
        ["ViewsModel.OnPostSaveAsync"] = "view.saved",
        ["POST /dashboard/logout"] = "login.ended",
        ["POST /api/analyses"] = "analysis.requested",
        ["POST /api/analyses/{conversationId}/{branchId}/regenerate"] = "analysis.regenerated",
        ["POST /api/limits"] = "limit.created",
        ["PUT /api/limits/{id}"] = "limit.changed",
        ["POST /api/limits/{id}/raise"] = "limit.raised",
        ["DELETE /api/limits/{id}"] = "limit.deleted",
        ["POST /api/keys"] = "key.created",
        ["PATCH /api/keys/{id}"] = "key.edited",
        ["POST /api/keys/{id}/rotate"] = "key.rotated",
        ["DELETE /api/keys/{id}"] = "key.revoked",
        ["PUT /api/domains/{domain}/capture"] = "domain.capture",
    };

    private FakeAnthropic _upstream = null!;
    private string _database = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public void It_is_decided_of_every_handler_that_changes_something_what_it_writes()
    {
        var pages = typeof(Program).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(PageModel)))
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly).Where(method => method.Name.StartsWith("OnPost", StringComparison.Ordinal)).Select(method => $"{type.Name}.{method.Name}"));
        var endpoints = _nexus.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []).Where(method => method is not ("GET" or "HEAD")).Select(method => $"{method} {endpoint.RoutePattern.RawText}"))
            .Where(name => name.Contains(" /api", StringComparison.Ordinal) || name.Contains(" /dashboard", StringComparison.Ordinal)).Distinct();
        Assert.Equal(Handlers.Keys.Order(StringComparer.Ordinal), pages.Concat(endpoints).Order(StringComparer.Ordinal));
        var sources = Directory.GetFiles(SourceDirectory(), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();
        Assert.All(Handlers.Values.Where(action => action[0] != '('), action => Assert.Contains(sources, source => source.Contains($"\"{action}\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Nobody_changes_or_deletes_an_entry_and_retention_takes_only_old_ones()
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync();
        async Task<string?> RefusedAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return (await Record.ExceptionAsync(() => command.ExecuteNonQueryAsync())) is PostgresException error ? $"{error.SqlState} {error.MessageText}" : null;
        }

        Assert.Null(await RefusedAsync("INSERT INTO audit_log (at, actor, action, subject) VALUES (now(), 'x', 'new', 'x'), (now() - interval '3 years', 'x', 'old', 'x')"));
        Assert.Equal("42501 audit_log is append-only: UPDATE is refused", await RefusedAsync("UPDATE audit_log SET actor = 'somebody else'"));
        Assert.Equal("42501 audit_log is append-only: TRUNCATE is refused", await RefusedAsync("TRUNCATE audit_log"));
        Assert.Equal("42501 audit_log is append-only: DELETE is refused", await RefusedAsync("DELETE FROM audit_log WHERE action = 'new'"));
        Assert.Null(await RefusedAsync("DELETE FROM audit_log WHERE action = 'old'"));
    }

    [Fact]
    public async Task Sign_ins_content_exports_and_the_console_are_entries_with_who_and_from_where()
    {
        using (var wrong = await DashboardSession.LogInAsync(_nexus, "a wrong key"))
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        using (var again = await DashboardSession.LogInAsync(_nexus, "another wrong key"))
            Assert.Equal(HttpStatusCode.Unauthorized, again.StatusCode);
        var jobs = new JobHistory(_nexus);
        await jobs.ServingAsync();
        var session = await DashboardSession.StartAsync(_nexus);
        var id = await session.RequestAsync();
        await session.PageAsync("/dashboard/request/" + id);
        await session.PageAsync($"/dashboard/request/{id}?view=raw");
        await session.PageAsync($"/dashboard/compare?left={id}&right={id}");
        await session.PageAsync("/api/export/audit?format=csv&action=key.created");
        using (var api = new HttpRequestMessage(HttpMethod.Get, $"/api/requests/{id}/body") { Headers = { { "X-API-Key", NexusApp.Key } } })
        using (var body = await _nexus.Proxy.SendAsync(api))
            Assert.Equal(HttpStatusCode.OK, body.StatusCode);
        await session.PostAsync("/dashboard/keys", "/jobs/recurring/trigger", false, ("jobs[]", "partitions"));
        await session.PostAsync("/dashboard/keys", "/dashboard/logout", false);
        var expected = new[] { "content.viewed request " + id + " by api key", "content.viewed request " + id + " by dashboard", $"content.viewed requests {id} {id} by dashboard", "export.made audit by dashboard", "jobs.console recurring/trigger by dashboard", "login.ended dashboard by dashboard", "login.failed dashboard by nobody", "login.succeeded dashboard by dashboard" };
        List<AuditRow> rows = [];
        await NexusApp.UntilAsync(async () =>
        {
            await using var db = await _nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
            rows = await db.Audit.AsNoTracking().Where(row => row.Action.StartsWith("login.") || row.Action.StartsWith("content.") || row.Action.StartsWith("export.") || row.Action == "jobs.console").ToListAsync();
            return rows.Count >= expected.Length;
        }, "the entries are written");
        Assert.Equal(expected, rows.Select(row => $"{row.Action} {row.Subject} by {row.Actor}").Order(StringComparer.Ordinal));
        Assert.All(rows, row => Assert.Equal("127.0.0.1", row.Address));
        Assert.Contains("action=key.created", rows.Single(row => row.Action == "export.made").Details, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_read_is_an_entry_however_its_address_is_spelled()
    {
        var (session, first, second) = (await DashboardSession.StartAsync(_nexus), Guid.Parse(await _nexus.MessageAsync("{}")), Guid.Parse(await _nexus.MessageAsync("{}")));
        await NexusApp.UntilAsync(async () => (await session.PageAsync("/api/requests?limit=10")) is { } listed && listed.Contains(first.ToString(), StringComparison.Ordinal) && listed.Contains(second.ToString(), StringComparison.Ordinal), "both are in the ledger");
        await session.PageAsync($"/DASHBOARD/Request/{first:N}/");
        await session.PageAsync($"/api/Requests/{second:N}/Body/");
        await session.PageAsync($"/Dashboard/compare/?left={first:N}&right={second:B}");
        await session.PageAsync("/dashboard/Logs/?handler=export");
        await session.PageAsync("/API/Export/audit/?format=csv");
        await session.PageAsync("/Api/export/Conversations/?format=jsonl");
        List<string> rows = [];
        await NexusApp.UntilAsync(async () =>
        {
            await using var db = await _nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
            rows = await db.Audit.Where(row => row.Action == "content.viewed" || row.Action == "export.made").Select(row => row.Action + " " + row.Subject).ToListAsync();
            return rows.Count >= 6;
        }, "the entries are written");
        Assert.Equal([.. new[] { $"content.viewed request {first}", $"content.viewed request {second}", $"content.viewed requests {first} {second}", "export.made audit", "export.made conversations", "export.made log" }.Order(StringComparer.Ordinal)], rows.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_secret_that_an_export_was_searched_for_is_masked_however_it_is_escaped()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        foreach (var action in new[] { "Bearer+CaNaRy7", "Bearer%20CaNaRy7", "sk%2Dant%2DCaNaRy7", "key.created%20" })
            await session.PageAsync("/api/export/audit?format=csv&action=" + action);
        List<string?> details = [];
        await NexusApp.UntilAsync(async () =>
        {
            await using var db = await _nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
            details = await db.Audit.Where(row => row.Action == "export.made").OrderBy(row => row.Id).Select(row => row.Details).ToListAsync();
            return details.Count == 4;
        }, "the entries are written");
        Assert.All(details, query => Assert.DoesNotContain("CaNaRy7", query, StringComparison.Ordinal));
        Assert.Equal(3, details.Count(query => query!.Contains("****", StringComparison.Ordinal)));
        Assert.Contains("action=key.created%20", details[3], StringComparison.Ordinal);
    }

    private static string SourceDirectory()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Nexus.sln")))
            directory = directory.Parent;
        return Path.Combine(directory.FullName, "Nexus.Web");
    }
}
