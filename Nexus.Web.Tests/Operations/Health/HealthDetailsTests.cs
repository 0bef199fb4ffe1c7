using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations.Health;
using Nexus.Web.Operations.Health.Probes;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Operations.Health;

public sealed class HealthDetailsTests
{
    [Fact]
    public async Task Details_need_the_key_on_both_ports_and_without_them_health_is_as_short_as_ever()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        await RefreshAsync(nexus);
        foreach (var port in new[] { nexus.Proxy, nexus.Dashboard })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(port, "/health?details=true", null)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(port, "/health?details=true", "not-the-key")).Status);
            var (status, body) = await AskAsync(port, "/health?details=true", NexusApp.Key);
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Equal(["database", "disk", "memory", "permissions", "credentials", "upstream", "clock", "backups", "journal", "jobs"], body!["checks"]!.AsArray().Select(check => check!["name"]!.GetValue<string>()));
            var database = body["checks"]![0]!;
            Assert.Equal("ok", database["state"]!.GetValue<string>());
            Assert.Contains("PostgreSQL", database["summary"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.NotNull(database["since"]);
            // What Nexus makes is private from the start, bodies in the journal as well as keys.
            Assert.Contains("are private", body["checks"]![3]!["summary"]!.GetValue<string>(), StringComparison.Ordinal);
            var (plain, short_) = await AskAsync(port, "/health", null);
            Assert.Equal(HttpStatusCode.OK, plain);
            Assert.Equal(["status", "service", "version", "timestamp", "uptimeSeconds", "database", "proxyApi", "journal"], short_!.AsObject().Select(property => property.Key));
        }
    }

    [Fact]
    public async Task A_check_says_what_is_wrong_and_what_to_do_and_remembers_it_when_it_is_over()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, database: null);
        File.SetUnixFileMode(nexus.CredentialsDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await nexus.PayForAsync("broken.example", "{");
        await RefreshAsync(nexus);
        var wrong = Check(nexus, "credentials");
        Assert.Equal("failure", wrong.State);
        Assert.Contains("broken.example: it is not valid JSON", wrong.Summary, StringComparison.Ordinal);
        Assert.NotNull(wrong.Fix);
        Assert.Equal("failure", Check(nexus, "database").State);

        nexus.WriteCredential("broken.example", """{"type":"api_key","api_key":"sk-ant-api-canary"}""");
        File.SetUnixFileMode(Path.Combine(nexus.CredentialsDirectory, "broken.example.credentials.json"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        await StateAsync(nexus, "credentials", "warning");
        Assert.Contains("chmod 600", Check(nexus, "credentials").Fix, StringComparison.Ordinal);
        File.SetUnixFileMode(Path.Combine(nexus.CredentialsDirectory, "broken.example.credentials.json"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await StateAsync(nexus, "credentials", "ok");
        var right = Check(nexus, "credentials");
        Assert.Contains("may be opened by other users", right.LastError, StringComparison.Ordinal);
        Assert.True(right.Since >= wrong.Since);
        Assert.Null(right.Fix);
        Assert.DoesNotContain("canary", string.Concat(nexus.Services.GetRequiredService<CheckBoard>().States), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, false, "failure")]
    [InlineData(12, false, "warning")]
    [InlineData(12, true, "ok")]
    public async Task A_login_that_runs_out_is_told_unless_it_can_be_refreshed(int hours, bool renewable, string expected)
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, database: null);
        File.SetUnixFileMode(nexus.CredentialsDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = Path.Combine(nexus.CredentialsDirectory, "one.example.credentials.json");
        var expires = DateTimeOffset.UtcNow.AddHours(hours).ToUnixTimeMilliseconds();
        nexus.WriteCredential("one.example", """{"type":"oauth","oauth":{"accessToken":"sk-ant-oat01-canary","refreshToken":"RENEW","expiresAt":EXPIRES}}""".Replace("EXPIRES", expires.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("RENEW", renewable ? "sk-ant-ort01-canary" : "", StringComparison.Ordinal));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await StateAsync(nexus, "credentials", expected);
        Assert.DoesNotContain("canary", Check(nexus, "credentials").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_upstream_is_asked_without_a_credential_and_its_clock_is_compared()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("text/plain", []);
        await using var nexus = await NexusApp.StartAsync(upstream, database: null, settings: ("HEALTH_UPSTREAM_SECONDS", "60"));
        await StateAsync(nexus, "upstream", "ok");
        var asked = upstream.Requests.First();
        Assert.Equal(("HEAD", "/", UpstreamProbe.UserAgent), (asked.Method, asked.Target, asked.Header("User-Agent")));
        Assert.Null(asked.Header("authorization") ?? asked.Header("x-api-key") ?? asked.Header("traceparent"));
        Assert.True(nexus.Services.GetRequiredService<UpstreamProbe>().ClockOffset!.Value.Duration() < TimeSpan.FromMinutes(1));
        upstream.Replies("text/plain", [], 503);
        await StateAsync(nexus, "upstream", "warning");
        await upstream.DisposeAsync();
        await StateAsync(nexus, "upstream", "failure");
    }

    [Fact]
    public async Task The_page_shows_checks_and_what_nexus_runs_as_also_with_the_database_away_and_to_htmx_its_list_alone()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, database: null);
        await RefreshAsync(nexus);
        var session = await DashboardSession.StartAsync(nexus);
        var page = await session.PageAsync("/dashboard/health");
        Assert.Contains("does not answer", page, StringComparison.Ordinal);
        Assert.Contains("What it runs as", page, StringComparison.Ordinal);
        Assert.Contains(Environment.UserName, page, StringComparison.Ordinal);
        var part = await session.PageAsync("/dashboard/health", htmx: true);
        Assert.DoesNotContain("<html", part, StringComparison.Ordinal);
        Assert.Contains("Check now", part, StringComparison.Ordinal);
        var before = Check(nexus, "disk").CheckedAt;
        await session.PostAsync("/dashboard/health", "/dashboard/health?handler=Check", htmx: true);
        Assert.True(Check(nexus, "disk").CheckedAt > before);
    }

    private static Task RefreshAsync(NexusApp nexus) => nexus.Services.GetRequiredService<CheckBoard>().RefreshAsync(CancellationToken.None);

    private static CheckState Check(NexusApp nexus, string name) => nexus.Services.GetRequiredService<CheckBoard>().States.Single(check => check.Name == name);

    private static Task StateAsync(NexusApp nexus, string name, string state) => NexusApp.UntilAsync(async () =>
    {
        await RefreshAsync(nexus);
        return Check(nexus, name).State == state;
    }, $"{name} is {state}");

    private static async Task<(HttpStatusCode Status, JsonNode? Body)> AskAsync(HttpClient port, string path, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
            request.Headers.Add("X-Dashboard-Key", key);
        using var response = await port.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync()));
    }
}
