using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Nexus.Web.Access;
using Nexus.Web.Configuration;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Configuration;

/// <summary>What an operator sees of a wrong setting, through the real binary and through the same code in this process.</summary>
public sealed class StartFailureTests : IDisposable
{
    private const string Secret = "s3cr3t-canary";
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-start-").FullName;

    [Theory]
    [InlineData("PROXY_PORT", "abc")]
    [InlineData("PROXY_PORT", "65536")]
    [InlineData("DASHBOARD_PORT", "-1")]
    [InlineData("HOST", "3000")]
    [InlineData("HOST", "example.com")]
    [InlineData("HOST", "203.0.113.1", "cannot listen")]
    [InlineData("SHUTDOWN_GRACE_SECONDS", "1.5")]
    [InlineData("DATA_DIR", "/proc/nexus", "cannot be written")]
    [InlineData("CREDENTIALS_DIR", "/etc/hostname", "is a file")]
    [InlineData("PRIVATE_POSTGRES_PORT", "five")]
    [InlineData("STORAGE_ENABLED", "yes")]
    [InlineData("SLOW_QUERY_THRESHOLD_MS", "5s")]
    [InlineData("DEBUG_SQL", "on")]
    [InlineData("JOURNAL_MAX_BYTES", "1000")]
    [InlineData("ENABLE_CLIENT_AUTH", "sometimes")]
    [InlineData("TOKEN_STATS_ALLOW", "10.0.0.0/8, 10.0.0.1/33", "'10.0.0.1/33'")]
    [InlineData("TOKEN_STATS_ALLOW", "localhost")]
    [InlineData("CLAUDE_API_BASE_URL", "ftp://api.example")]
    [InlineData("CLAUDE_API_BASE_URL", "api.anthropic.com")]
    [InlineData("CLAUDE_API_TIMEOUT", "10m")]
    [InlineData("MAX_REQUEST_SIZE", "32MB")]
    [InlineData("ACCOUNT_TOKEN_LIMIT", "0")]
    [InlineData("ACCOUNT_TOKEN_WINDOW_MINUTES", "20000")]
    [InlineData("DOMAIN_RATE_LIMIT_WINDOW_MS", "1")]
    [InlineData("LOG_LEVEL", "loud")]
    [InlineData("DEBUG", "yes")]
    public void A_wrong_value_is_named_with_what_it_is_and_what_is_accepted(string name, string value, string reason = "")
    {
        var problem = Assert.Single(Problems((name, value)));
        Assert.StartsWith($"{name} is '{value}'", problem, StringComparison.Ordinal);
        Assert.Contains(reason, problem, StringComparison.Ordinal);
        Assert.Contains("it accepts ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_variable_but_a_directory_refuses_nonsense() =>
        Assert.All(Variables.All.Where(variable => variable.Accepts != Accepted.Directory), variable => Assert.Throws<FormatException>(() => variable.Accepts.Read("~\u0001(")));

    [Theory]
    [InlineData("DASHBOARD_API_KEY", "s3cr3t")]
    [InlineData("DASHBOARD_API_KEY", Secret + "\u00e9")]
    [InlineData("DATABASE_URL", "postgres://user:" + Secret + "@/db")]
    [InlineData("DATABASE_URL", "postgres://user:" + Secret + "@host:port/db")]
    [InlineData("DATABASE_URL", "postgres://user:" + Secret)]
    [InlineData("DATABASE_URL", "postgres://user:pass?" + Secret + "@host/db")]
    [InlineData("DATABASE_URL", "postgres://user:" + Secret + "@host/db?pool_max=many")]
    [InlineData("DATABASE_URL", "postgres://user:" + Secret + "@host/db?sslmode=" + Secret)]
    [InlineData("DATABASE_URL", "postgres://user:" + Secret + "@host/db?target_session_attrs=" + Secret)]
    [InlineData("DATABASE_URL", "postgres://user:" + Secret + "@one:1,two:x/db")]
    [InlineData("DATABASE_URL", "mysql://user:" + Secret + "@host/db")]
    [InlineData("DATABASE_URL", "Host=host;Passwort=" + Secret)]
    [InlineData("DATABASE_URL", "Password=" + Secret)]
    public void A_wrong_secret_is_named_and_not_shown(string name, string value)
    {
        var problem = Assert.Single(Problems((name, value)));
        Assert.StartsWith($"{name} cannot be used (its value is not shown)", problem, StringComparison.Ordinal);
        Assert.Contains("it accepts ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_wrong_values_are_reported_at_once() =>
        Assert.Equal(["PROXY_PORT", "HOST", "MAX_REQUEST_SIZE", "DATA_DIR"],
            Problems(("MAX_REQUEST_SIZE", "32MB"), ("PROXY_PORT", "abc"), ("HOST", "nowhere"), ("DATA_DIR", "/proc/nexus")).Select(problem => problem.Split(' ')[0]));

    [Theory]
    [InlineData("1", true)]
    [InlineData("TRUE", true)]
    [InlineData("0", false)]
    [InlineData("False", false)]
    public async Task Booleans_are_written_as_words_or_digits(string value, bool meant)
    {
        await using var app = Build(("STORAGE_ENABLED", value), ("ENABLE_CLIENT_AUTH", value), ("LOG_LEVEL", "Warn"));
        Assert.Equal(meant, app.Configuration.GetSection("Storage").Get<StorageOptions>()!.Enabled);
        Assert.Equal(meant ? ClientAuth.True : ClientAuth.False, app.Configuration.GetSection("Access").Get<AccessOptions>()!.EnableClientAuth);
    }

    [Fact]
    public void Both_ports_need_their_own() => Assert.Contains("both 4711", Assert.Single(Problems(("PROXY_PORT", "4711"), ("DASHBOARD_PORT", "4711"))), StringComparison.Ordinal);

    [Fact]
    public async Task The_binary_ends_with_one_line_of_json_and_a_code()
    {
        await using var nexus = NexusProcess.Start(_directory, ("PROXY_PORT", "abc"), ("DATABASE_URL", $"postgres://user:{Secret}@host:port/db"));
        Assert.NotEqual(0, await nexus.ExitAsync());
        Assert.Empty(nexus.Output);
        var line = Assert.Single(nexus.Lines);
        Assert.Equal(("error", "invalid_configuration"), (line.GetProperty("level").GetString(), line.GetProperty("event").GetString()));
        Assert.Contains("PROXY_PORT is 'abc'", line.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("DATABASE_URL cannot be used", line.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, nexus.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_named_with_its_variable()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var nexus = NexusProcess.Start(_directory, ("DASHBOARD_PORT", $"{port}"));
        Assert.NotEqual(0, await nexus.ExitAsync());
        Assert.Contains($"DASHBOARD_PORT is {port}, an address in use", nexus.Lines[^1].GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_in_use_ends_the_start_with_the_reason_last()
    {
        await using var first = NexusProcess.Start(_directory);
        await first.ListeningAsync();
        await using var second = NexusProcess.Start(_directory);
        Assert.NotEqual(0, await second.ExitAsync());
        Assert.Contains("in use by another Nexus process", second.Lines[^1].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, await first.StopAsync());
    }

    [Fact]
    public async Task An_unreachable_database_is_one_line_with_its_host_and_proxying_goes_on()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("application/json", Streams.Json);
        await using var nexus = NexusProcess.Start(_directory, ("DATABASE_URL", $"postgres://user:{Secret}@127.0.0.1:9/claude_proxy"), ("CLAUDE_API_BASE_URL", upstream.Url));
        var (proxy, _) = await nexus.ListeningAsync();
        await NexusApp.UntilAsync(() => Task.FromResult(nexus.TryFind("db_unavailable", out JsonElement _)), "the outage is logged");
        await Task.Delay(TimeSpan.FromSeconds(3)); // three more tries
        using var answer = await proxy.SendAsync(new(HttpMethod.Post, "/v1/messages") { Headers = { { "x-api-key", "sk-ant-own" } }, Content = new StringContent("{}") });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var health = JsonDocument.Parse(await proxy.GetStringAsync("/health"));
        Assert.Equal("degraded", health.RootElement.GetProperty("status").GetString());
        Assert.Equal(0, await nexus.StopAsync());
        var errors = nexus.Lines.Where(line => line.GetProperty("level").GetString() == "error").ToList();
        Assert.Equal("127.0.0.1", Assert.Single(errors).GetProperty("host").GetString());
        Assert.DoesNotContain(Secret, nexus.Output + nexus.Errors, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private IReadOnlyList<string> Problems(params (string Name, string Value)[] variables) => Assert.Throws<ConfigurationProblemsException>(() => Build(variables)).Problems;

    private Microsoft.AspNetCore.Builder.WebApplication Build(params (string Name, string Value)[] variables)
    {
        var settings = new Dictionary<string, string?> { ["HOST"] = "127.0.0.1", ["PROXY_PORT"] = "0", ["DASHBOARD_PORT"] = "0", ["DATA_DIR"] = _directory };
        foreach (var (name, value) in variables)
            settings[name] = value;
        return Program.Build([], settings);
    }
}
