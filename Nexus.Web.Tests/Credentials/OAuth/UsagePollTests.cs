using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Proxy;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Usage;
using Xunit;

namespace Nexus.Web.Tests.Credentials.OAuth;

public sealed class UsagePollTests : IAsyncLifetime
{
    private const string Answer = """
        {"five_hour":{"utilization":42.5,"resets_at":"2040-01-02T03:00:00Z"},"seven_day":{"utilization":100,"resets_at":"2040-01-05T03:00:00+00:00"},"seven_day_opus":null,"seven_day_sonnet":{"utilization":7,"resets_at":null},
        "iguana_necktie":{"utilization":3},"limits":[{"kind":"session","percent":42}],"extra_usage":{"is_enabled":false}}
        """;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private string _database = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Encoding.UTF8.GetBytes(Answer));
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database, null, NexusApp.Pays("team.example.com", TokenEndpoint.File(36_000)), NexusApp.Pays("key.example.com", """{"type":"api_key","accountId":"acc_key","api_key":"sk-ant-x"}"""));
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_login_without_traffic_is_asked_once_in_a_while_whoever_looks_and_its_windows_are_on_the_page()
    {
        using var poll = Poll();
        using var elsewhere = Poll();
        await poll.LookAsync(CancellationToken.None);
        await elsewhere.LookAsync(CancellationToken.None);
        await poll.LookAsync(CancellationToken.None);
        var asked = Assert.Single(_upstream.Requests);
        Assert.Equal(("GET", "/api/oauth/usage", "Bearer access-0", "oauth-2025-04-20"), (asked.Method, asked.Target, asked.Header("Authorization"), asked.Header("anthropic-beta")));
        Assert.Equal(3, await NumberAsync("SELECT count(*) FROM account_windows WHERE account_id = 'acc_login'"));
        Assert.Equal(1, await NumberAsync("SELECT count(*) FROM account_windows WHERE window_name = '5h' AND utilization = 0.425 AND status IS NULL AND resets_at = '2040-01-02T03:00Z'"));
        Assert.Equal(1, await NumberAsync("SELECT count(*) FROM account_windows WHERE window_name = '7d' AND utilization = 1 AND status = 'rejected'"));
        Assert.Equal(1, await NumberAsync("SELECT count(*) FROM account_windows WHERE window_name = '7d_sonnet' AND utilization = 0.07 AND resets_at IS NULL"));
        var session = await DashboardSession.StartAsync(_nexus);
        Assert.Contains("acc_login", await session.PageAsync("/dashboard/token-usage"), StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromSeconds(301));
        await elsewhere.LookAsync(CancellationToken.None);
        Assert.Equal(2, _upstream.Requests.Count);
        // What traffic has told meanwhile need not be asked for.
        _time.Advance(TimeSpan.FromSeconds(299));
        await ExecuteAsync($"UPDATE account_windows SET observed_at = '{_time.GetUtcNow():O}' WHERE window_name = '5h'");
        _time.Advance(TimeSpan.FromSeconds(30));
        await poll.LookAsync(CancellationToken.None);
        Assert.Equal(2, _upstream.Requests.Count);
    }

    [Fact]
    public async Task A_refusal_is_asked_about_less_and_less_often_and_no_sooner_than_the_upstream_says()
    {
        _upstream.Answer = async context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = _upstream.Requests.Count == 1 ? "600" : "1";
            await context.Response.WriteAsync("{}");
        };
        using var poll = Poll();
        foreach (var (seconds, asked) in new[] { (0, 1), (599, 1), (2, 2), (59, 2), (17, 3), (119, 3), (32, 4) })
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            await poll.LookAsync(CancellationToken.None);
            Assert.Equal(asked, _upstream.Requests.Count);
        }

        Assert.Equal(0, await NumberAsync("SELECT count(*) FROM account_windows"));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("no json")]
    public async Task An_answer_that_is_none_is_a_failure(string answer)
    {
        _upstream.Replies("application/json", Encoding.UTF8.GetBytes(answer));
        using var poll = Poll();
        await poll.LookAsync(CancellationToken.None);
        await poll.LookAsync(CancellationToken.None);
        Assert.Single(_upstream.Requests);
        Assert.Throws<JsonException>(() => UsageWindows.Read("acc", Encoding.UTF8.GetBytes("1"), _time.GetUtcNow()));
    }

    private UsagePoll Poll()
    {
        var services = _nexus.Services;
        var given = services.GetRequiredService<IOptions<OAuthOptions>>().Value;
        var options = new OAuthOptions { ClientId = given.ClientId, AuthorizeUrl = given.AuthorizeUrl, TokenUrl = given.TokenUrl, RedirectUrl = given.RedirectUrl, Scopes = given.Scopes, TimeoutMs = given.TimeoutMs, UsageSeconds = 300 };
        return new(services.GetRequiredService<CredentialFiles>(), services.GetRequiredService<Database>(), Options.Create(options), services.GetRequiredService<IOptions<ProxyOptions>>(), _time, NullLogger<UsagePoll>.Instance);
    }

    private Task<long> NumberAsync(string sql) => LedgerSums.NumberAsync(_database, sql);

    private async Task ExecuteAsync(string sql)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(_database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
