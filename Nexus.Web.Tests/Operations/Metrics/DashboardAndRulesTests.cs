using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Metrics;

/// <summary>docs/grafana and docs/prometheus name metrics that there are.</summary>
public sealed partial class DashboardAndRulesTests
{
    private static readonly string Rules = Path.Combine(Scripts.Repository, "docs", "prometheus");

    private static readonly string Dashboard = Path.Combine(Scripts.Repository, "docs", "grafana", "nexus-dashboard.json");

    [Fact]
    public async Task Every_metric_that_the_dashboard_and_the_rules_name_is_in_the_metrics_of_a_nexus_at_work()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Answer = async context =>
        {
            (context.Response.StatusCode, context.Response.ContentType) = (200, "text/event-stream");
            context.Response.Headers["anthropic-ratelimit-unified-5h-utilization"] = "0.42";
            context.Response.Headers["anthropic-ratelimit-unified-5h-status"] = "allowed";
            context.Response.Headers["anthropic-ratelimit-unified-5h-reset"] = DateTimeOffset.UtcNow.AddHours(3).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
            await context.Response.WriteAsync(string.Concat(Streams.Events[..7]));
            await context.Response.Body.FlushAsync();
            await Task.Delay(100);
            await context.Response.WriteAsync(string.Concat(Streams.Events[7..]));
        };
        var database = await Postgres.NewDatabaseAsync();
        var directory = Directory.CreateTempSubdirectory("nexus-metrics-").FullName;
        await RememberAsync(database, directory);
        // Its account's window is in the answer's headers.
        var credentials = Directory.CreateDirectory(Path.Combine(directory, "credentials")).FullName;
        await File.WriteAllTextAsync(Path.Combine(credentials, "paid.example.credentials.json"), """{"type":"api_key","accountId":"acc_team","api_key":"sk-ant-api03-x"}""");
        await using (var nexus = await KillableNexus.StartAsync(upstream.Url, directory, database, ("ENABLE_CLIENT_AUTH", "false"), ("Health__Seconds", "1")))
        {
            await nexus.ReadyAsync();
            using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent("""{"model":"claude-opus-5","stream":true,"messages":[{"role":"user","content":"Hi"}]}""") };
            message.Headers.Host = "paid.example";
            using var answer = await nexus.Proxy.SendAsync(message);
            using var refused = await nexus.Proxy.GetAsync("/nothing");
            using var asked = await nexus.Dashboard.SendAsync(new(HttpMethod.Get, "/api/stats") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } });
            string[] named = [.. Expressions().SelectMany(Names).Distinct()];
            Assert.True(named.Length > 30, string.Join(", ", named));
            await NexusApp.UntilAsync(async () => (await Scrape.TakeAsync(nexus.Dashboard)).Names is var names && names.Contains("gen_ai_server_time_per_output_token_seconds_count") && names.Contains("nexus_job_recent_failures"), "the request is counted and the checks have looked");
            Assert.Empty(named.Except((await Scrape.TakeAsync(nexus.Dashboard)).Names));
        }

        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData("check", "nexus-rules.yml")]
    [InlineData("test", "nexus-rules-test.yml")]
    public async Task Promtool_accepts_the_rules_and_finds_that_they_fire_when_they_should(string what, string file)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", [what, "rules", Path.Combine(Rules, file)]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = promtool.StandardError.ReadToEndAsync();
        var said = await promtool.StandardOutput.ReadToEndAsync() + await errors;
        await promtool.WaitForExitAsync();
        Assert.True(promtool.ExitCode == 0, said);
        Assert.Contains("SUCCESS", said, StringComparison.Ordinal);
    }

    /// <summary>A run of a job and a verified backup, as earlier days leave them.</summary>
    private static async Task RememberAsync(string database, string directory)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var run = source.CreateCommand("INSERT INTO job_runs (id, job, node, by_hand, started_at, finished_at, outcome) VALUES ($1, 'vacuum', 'here', false, now() - interval '2 hours', now() - interval '1 hour', 'succeeded')");
        run.Parameters.AddWithValue(Guid.CreateVersion7());
        await run.ExecuteNonQueryAsync();
        var backup = Path.Combine(Directory.CreateDirectory(Path.Combine(directory, "backups", "database")).FullName, "backup-20261101-002500.sql.gz");
        await File.WriteAllTextAsync(backup, "");
        await File.WriteAllTextAsync(backup + BackupStore.VerifiedSuffix, JsonSerializer.Serialize(new Verification(DateTimeOffset.UtcNow, null, null), JsonSerializerOptions.Web));
    }

    private static IEnumerable<string> Expressions()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Dashboard));
        var targets = dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _)).SelectMany(panel => panel.GetProperty("targets").EnumerateArray());
        return [.. targets.Select(target => target.GetProperty("expr").GetString()!), .. Expression().Matches(File.ReadAllText(Path.Combine(Rules, "nexus-rules.yml"))).Select(match => match.Groups[1].Value)];
    }

    /// <summary>What stands in an expression as a metric: neither inside braces nor among the labels of by, on and the like.</summary>
    private static IEnumerable<string> Names(string expression) => Metric().Matches(Labels().Replace(expression, "")).Select(match => match.Value);

    [GeneratedRegex(@"^ +expr: (?:>\n)?((?:.+\n)(?: {10}.+\n)*)", RegexOptions.Multiline)]
    private static partial Regex Expression();

    [GeneratedRegex(@"\{[^}]*\}|\b(?:by|on|without|ignoring)\s*\([^)]*\)")]
    private static partial Regex Labels();

    /// <summary>Prometheus makes <c>up</c> itself; names of functions have no such beginning.</summary>
    [GeneratedRegex(@"\b(?:nexus|gen_ai|db_client|http|kestrel|dotnet|process)_[a-z0-9_]+")]
    private static partial Regex Metric();
}
