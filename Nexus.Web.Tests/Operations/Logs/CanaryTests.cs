using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Operations.Logs.Exporting;
using Nexus.Web.Operations.Retention;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Logs;

/// <summary>The real binary with everything that logs more switched on, and secrets wherever a caller or an operator can put one.</summary>
public sealed class CanaryTests : IDisposable
{
    private const string Canary = "CaNaRy7";
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-canary-").FullName;

    [Fact]
    public async Task No_secret_reaches_the_log_at_debug()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Answer = async context =>
        {
            context.Response.Headers.SetCookie = $"session={Canary}";
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync($$$"""{"type":"error","error":{"type":"invalid_request_error","message":"x-api-key: {{{Canary}}}"}}""");
        };
        WriteCredential("paid.example", $$"""{"type":"api_key","api_key":"plain-{{Canary}}","client_api_key":"also-{{Canary}}"}""");
        WriteCredential("broken.example", $$"""{"type":"api_key","api_key":"sk-ant-{{Canary}}" """);
        var database = await Postgres.NewDatabaseAsync();
        await using var nexus = NexusProcess.Start(_directory, ("SLACK_WEBHOOK_URL", upstream.Url + "/slack/" + Canary), ("Alerts__Seconds", "1"),
            ("DEBUG", "true"), ("DEBUG_SQL", "true"), ("SLOW_QUERY_THRESHOLD_MS", "0"), ("CLAUDE_API_BASE_URL", upstream.Url), ("DASHBOARD_API_KEY", $"dashboard-{Canary}"),
            ("DATABASE_URL", database + $";Password={Canary}"));
        var (proxy, dashboard) = await nexus.ListeningAsync();
        foreach (var (host, header, value) in new[]
        {
            ("one.example", "Authorization", $"Bearer cnp_live_{Canary}"),
            ("one.example", "Authorization", $"Bearer {Canary}-token"),
            ("one.example", "Authorization", $"{Canary} without a scheme"),
            ("one.example", "x-api-key", $"sk-ant-api03-{Canary}"),
            ("one.example", "Cookie", $"a=1; b={Canary}"),
            ("paid.example", "x-api-key", $"also-{Canary}"),
            ("paid.example", "X-Echo", $"plain-{Canary}"),
            ("broken.example", "x-api-key", $"sk-ant-{Canary}"),
            ($"sk-ant-{Canary}.example", "x-api-key", $"sk-ant-{Canary}"),
        })
            foreach (var path in new[] { "/v1/messages", $"/v1/messages?api_key={Canary}", $"/v1/files/sk-ant-{Canary}", $"/nothing/cnp_test_{Canary}" })
                using (var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent($$"""{"model":"sk-ant-{{Canary}}","metadata":"Bearer {{Canary}}"}""") })
                {
                    request.Headers.Host = host;
                    request.Headers.TryAddWithoutValidation(header, value);
                    using var answer = await proxy.SendAsync(request);
                    Assert.NotEqual(HttpStatusCode.InternalServerError, answer.StatusCode);
                }

        foreach (var path in new[] { $"/api/requests?domain=sk-ant-{Canary}", $"/api/requests?domain=Bearer%20{Canary}", $"/dashboard/requests?model=sk-ant-{Canary}" })
            using (await dashboard.SendAsync(new(HttpMethod.Get, path) { Headers = { { "X-Dashboard-Key", $"dashboard-{Canary}" } } }))
            using (await dashboard.SendAsync(new(HttpMethod.Get, path) { Headers = { { "Cookie", $"nexus_session={Canary}" } } }))
            using (await proxy.SendAsync(new(HttpMethod.Get, path) { Headers = { { "Authorization", $"Bearer dashboard-{Canary}" } } }))
            {
                // What they answer is not the question.
            }

        using var metrics = await dashboard.SendAsync(new(HttpMethod.Get, "/metrics") { Headers = { { "X-Dashboard-Key", $"dashboard-{Canary}" } } });
        Assert.DoesNotContain(Canary, await metrics.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
        await AssertAlertsAndAuditAsync(dashboard, upstream, database);
        await NexusApp.UntilAsync(() => Task.FromResult(nexus.TryFind("exchange_analysed", out _)), "the lane is logged");
        Assert.Equal(0, await nexus.StopAsync());
        await AssertFilesAndExportsAsync(nexus);
        Assert.DoesNotContain(Canary, nexus.Output + nexus.Errors, StringComparison.OrdinalIgnoreCase);

        var debug = nexus.Lines.Where(line => line.GetProperty("level").GetString() == "debug").Select(line => line.GetProperty("event").GetString()).ToHashSet();
        Assert.Superset(new HashSet<string?> { "request_headers", "exchange_analysed", "sql" }, debug);
    }

    [Fact]
    public async Task A_request_is_two_lines_and_a_page_one_and_nothing_else_speaks_at_info()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("application/json", Streams.Json);
        await using var nexus = NexusProcess.Start(_directory, ("CLAUDE_API_BASE_URL", upstream.Url), ("DATABASE_URL", await Postgres.NewDatabaseAsync()));
        var (proxy, dashboard) = await nexus.ListeningAsync();
        using var answer = await proxy.SendAsync(new(HttpMethod.Post, "/v1/messages") { Headers = { { "x-api-key", "sk-ant-own" } }, Content = new StringContent("{}") });
        var id = answer.Headers.GetValues("x-nexus-request-id").Single();
        await NexusApp.UntilAsync(() => Task.FromResult(OfTheRequest().Length >= 2), "the request is logged");
        using var page = await dashboard.GetAsync("/dashboard/login");
        using var health = await dashboard.GetAsync("/health");
        await NexusApp.UntilAsync(() => Task.FromResult(nexus.TryFind("page_served", out _)), "the page is logged");
        Assert.Equal(0, await nexus.StopAsync());

        Assert.Equal(["Incoming request", "Request completed"], OfTheRequest());
        Assert.Equal("dashboard", Assert.Single(nexus.Lines, line => Message(line) == "Page served").GetProperty("service").GetString());
        Assert.All(nexus.Lines, line => Assert.DoesNotMatch("^(Microsoft|System|Npgsql|Hangfire|Yarp)", line.GetProperty("source").GetString()));
        Assert.DoesNotContain(nexus.Lines, line => line.GetProperty("level").GetString() is "debug" or "error");

        string[] OfTheRequest() => [.. nexus.Lines.Where(line => line.TryGetProperty("requestId", out var request) && request.GetString() == id).Select(line => Message(line)!)];
    }

    /// <summary>An error that quotes a secret becomes an alert and a message that is refused with another; an export is searched for one.</summary>
    private static async Task AssertAlertsAndAuditAsync(HttpClient dashboard, FakeAnthropic slack, string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        async Task<string> OneAsync(string sql)
        {
            await using var command = source.CreateCommand(sql);
            return await command.ExecuteScalarAsync() as string ?? "";
        }

        await NexusApp.UntilAsync(async () => await OneAsync("SELECT to_regclass('alert_deliveries')::text") != "", "the schema is there");
        await OneAsync($"INSERT INTO job_runs (id, job, node, by_hand, started_at, outcome, error) VALUES (gen_random_uuid(), 'vacuum', 'x', false, now() + interval '1 hour', 'failed', 'x-api-key: {Canary}, then Bearer {Canary}-token')");
        foreach (var query in new[] { $"action=sk-ant-{Canary}", $"action=Bearer+{Canary}", $"action=Bearer%20{Canary}", $"action=dashboard%2D{Canary}" })
            using (var export = await dashboard.SendAsync(new(HttpMethod.Get, "/api/export/audit?format=csv&" + query) { Headers = { { "X-Dashboard-Key", $"dashboard-{Canary}" } } }))
                Assert.Equal(HttpStatusCode.OK, export.StatusCode);
        await NexusApp.UntilAsync(async () => await OneAsync("SELECT 'x' FROM alert_deliveries WHERE error IS NOT NULL") != "" && await OneAsync("SELECT 'x' FROM audit_log WHERE action = 'export.made' HAVING count(*) = 4") != "", "it is told and written down");
        foreach (var table in new[] { "alerts", "alert_deliveries", "audit_log" })
        {
            var stored = await OneAsync($"SELECT string_agg(r::text, E'\n') FROM {table} r");
            Assert.Contains("****", stored, StringComparison.Ordinal);
            Assert.DoesNotContain(Canary, stored, StringComparison.OrdinalIgnoreCase);
        }

        var told = slack.Requests.First(request => request.Target.StartsWith("/slack/", StringComparison.Ordinal));
        Assert.DoesNotContain(Canary, Encoding.UTF8.GetString(told.Body), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The files have what standard output and standard error have, and their exports the same.</summary>
    private async Task AssertFilesAndExportsAsync(NexusProcess nexus)
    {
        var reader = new LogReader(Path.Combine(_directory, "logs"));
        var kept = reader.Forward(new()).Select(line => line.Json).ToList();
        Assert.All(kept, line => Assert.DoesNotContain(Canary, line, StringComparison.OrdinalIgnoreCase));
        Assert.True(kept.Count > 50);
        var printed = (nexus.Output + nexus.Errors).Split('\n').ToHashSet();
        Assert.All(kept, line => Assert.Contains(line, printed));
        using var copies = new LogCopies(Options.Create(new LogExportOptions()), TimeProvider.System);
        using var exporter = new LogExporter(Options.Create(new DataOptions { Directory = _directory }), Options.Create(new RetentionOptions()), copies, new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(2)));
        Assert.Equal(kept.Count, (await exporter.ExportDueAsync(CancellationToken.None)).Lines);
        foreach (var (_, file) in exporter.List())
        {
            await using var packed = new GZipStream(file.OpenRead(), CompressionMode.Decompress);
            using var text = new StreamReader(packed);
            Assert.DoesNotContain(Canary, await text.ReadToEndAsync(), StringComparison.OrdinalIgnoreCase);
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static string? Message(JsonElement line) => line.GetProperty("message").GetString();

    private void WriteCredential(string domain, string json)
    {
        Directory.CreateDirectory(Path.Combine(_directory, "credentials"));
        File.WriteAllText(Path.Combine(_directory, "credentials", domain + ".credentials.json"), json);
    }
}
