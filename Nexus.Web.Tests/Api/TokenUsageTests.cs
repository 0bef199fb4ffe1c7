using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Api;

public sealed class TokenUsageTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private SeededUsage _usage = null!;
    private DateTimeOffset _now;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
        _usage = new(_nexus.Services.GetRequiredService<Database>().DataSource);
        _now = DateTimeOffset.UtcNow;
        _now = _now.AddTicks(-(_now.Ticks % TimeSpan.FromMinutes(5).Ticks));
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task The_guides_call_for_one_account_gives_the_last_five_hours_on_both_ports()
    {
        await _usage.AddAsync(_now.AddMinutes(-10), "one.example", "acc_a", 500);
        await _usage.AddAsync(_now.AddHours(-4), "two.example", "acc_a", 70, model: "claude-haiku-4-5");
        await _usage.AddAsync(_now.AddHours(-6), "one.example", "acc_a", 9000);
        await _usage.AddAsync(_now.AddMinutes(-10), "one.example", "acc_b", 11);
        foreach (var port in new[] { _nexus.Proxy, _nexus.Dashboard })
        {
            var usage = await JsonAsync("/api/token-usage/current?accountId=acc_a", port);
            Assert.Equal((570, 20, 590, 2), (Number(usage, "totalOutputTokens"), Number(usage, "totalInputTokens"), Number(usage, "totalTokens"), Number(usage, "totalRequests")));
            Assert.Equal((14, 200, "all", "all"), (Number(usage, "cacheCreationInputTokens"), Number(usage, "cacheReadInputTokens"), (string?)usage["domain"], (string?)usage["model"]));
        }

        Assert.Equal(70, Number(await JsonAsync("/api/token-usage/current?accountId=acc_a&domain=two.example&model=claude-haiku-4-5"), "totalOutputTokens"));
        Assert.Equal(9570, Number(await JsonAsync("/api/token-usage/current?accountId=acc_a&window=600"), "totalOutputTokens"));
        Assert.Equal(0, Number(await JsonAsync("/api/token-usage/current?accountId=nobody"), "totalRequests"));
    }

    [Theory]
    [InlineData("/api/token-usage/current", "accountId is required")]
    [InlineData("/api/token-usage/current?accountId=a&window=0", "window: '0'")]
    [InlineData("/api/token-usage/daily?accountId=a&days=ten", "days: 'ten'")]
    [InlineData("/api/token-usage/daily?accountId=a&aggregate=yes", "aggregate: 'yes'")]
    [InlineData("/api/token-usage/time-series?accountId=a&interval=1", "interval: '1'")]
    [InlineData("/api/usage/tokens/hourly?days=31", "Days parameter must be between 1 and 30")]
    [InlineData("/api/usage/requests/hourly?days=NaN", "Days parameter must be between 1 and 30")]
    [InlineData("/api/analytics/token-usage/sliding-window", "accountId is required")]
    [InlineData("/api/analytics/token-usage/sliding-window?accountId=a&bucketMinutes=61", "bucketMinutes: '61'")]
    public async Task A_bad_parameter_is_answered_400_and_named(string address, string named)
    {
        using var response = await SendAsync(address, _nexus.Proxy);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(named, System.Text.RegularExpressions.Regex.Unescape(await response.Content.ReadAsStringAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Days_are_listed_newest_first_by_domain_and_model_or_by_domain_alone()
    {
        await _usage.AddAsync(_now.AddDays(-1), "one.example", "acc_a", 5);
        await _usage.AddAsync(_now.AddDays(-1), "one.example", "acc_a", 7, model: "claude-haiku-4-5");
        await _usage.AddAsync(_now.AddDays(-3), "one.example", "acc_a", 1);
        await _usage.AddAsync(_now.AddDays(-40), "one.example", "acc_a", 1);
        var apart = (await JsonAsync("/api/token-usage/daily?accountId=acc_a"))["usage"]!.AsArray();
        Assert.Equal([7L, 5, 1], apart.Select(row => Number(row!, "totalOutputTokens")));
        Assert.Equal(_now.AddDays(-1).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), (string?)apart[0]!["date"]);
        var together = (await JsonAsync("/api/token-usage/daily?accountId=acc_a&aggregate=true"))["usage"]!.AsArray();
        Assert.Equal([12L, 1], together.Select(row => Number(row!, "totalOutputTokens")));
        Assert.False(together[0]!.AsObject().ContainsKey("model"));
    }

    [Fact]
    public async Task The_time_series_falls_when_old_output_leaves_the_window()
    {
        await _usage.AddAsync(_now.AddHours(-8), "one.example", "acc_a", 14_000);
        await _usage.AddAsync(_now.AddMinutes(-5), "one.example", "acc_a", 28_000);
        var series = await JsonAsync("/api/token-usage/time-series?accountId=acc_a&window=5&interval=5");
        var points = series["timeSeries"]!.AsArray();
        Assert.Equal(61, points.Count);
        Assert.Equal((14_000, 28_000), (Number(points[0]!, "cumulativeUsage"), Number(points[^1]!, "cumulativeUsage")));
        Assert.Equal((140_000, 112_000, 20), (Number(series, "tokenLimit"), Number(points[^1]!, "remaining"), Number(points[^1]!, "percentageUsed")));
    }

    [Fact]
    public async Task Accounts_come_with_their_domains_and_a_short_series_the_busiest_first()
    {
        await _usage.AddAsync(_now.AddHours(-1), "one.example", "acc_a", 100);
        await _usage.AddAsync(_now.AddHours(-1), "two.example", "acc_a", 50);
        await _usage.AddAsync(_now.AddHours(-2), "one.example", "acc_b", 300);
        await _usage.AddAsync(_now.AddHours(-1), "one.example", "", 999);
        var accounts = (await JsonAsync("/api/token-usage/accounts"))["accounts"]!.AsArray();
        Assert.Equal(["acc_b", "acc_a"], accounts.Select(account => (string?)account!["accountId"]));
        Assert.Equal(["one.example", "two.example"], accounts[1]!["domains"]!.AsArray().Select(domain => (string?)domain!["domain"]));
        Assert.Equal((150, 139_850, 21), (Number(accounts[1]!, "outputTokens"), Number(accounts[1]!, "remainingTokens"), accounts[1]!["miniSeries"]!.AsArray().Count));
    }

    [Fact]
    public async Task Hours_and_the_sliding_window_are_told_by_domain_and_by_account()
    {
        await _usage.AddAsync(_now.AddHours(-3), "one.example", "acc_a", 5, requests: 2, warnings: 1);
        await _usage.AddAsync(_now.AddHours(-3), "two.example", "acc_a", 6);
        var hours = (await JsonAsync("/api/usage/requests/hourly?days=1"))["data"]!;
        Assert.Equal(2, Number(hours["one.example"]![0]!, "count"));
        Assert.Equal(6, Number((await JsonAsync("/api/usage/tokens/hourly?domain=two.example"))["data"]!["two.example"]![0]!, "count"));
        var window = (await JsonAsync("/api/analytics/token-usage/sliding-window?accountId=acc_a&days=1&windowHours=1"))["data"]!.AsArray();
        Assert.Equal(145, window.Count);
        var warned = window.Where(point => point!["rate_limit_warning_in_window"]!.GetValue<bool>()).ToList();
        Assert.NotEmpty(warned);
        Assert.All(warned, point => Assert.Equal(11, Number(point!, "sliding_window_tokens")));
    }

    [Fact]
    public async Task Rate_limits_list_what_is_assumed_of_each_account_and_what_its_headers_said()
    {
        await _usage.AddAsync(_now.AddHours(-3), "one.example", "acc_a", 5);
        await using (var insert = _nexus.Services.GetRequiredService<Database>().DataSource.CreateCommand("INSERT INTO account_windows VALUES ('acc_b', '5h', 'allowed_warning', 0.91, now() + interval '1 hour', now())"))
            await insert.ExecuteNonQueryAsync();
        var limits = await JsonAsync("/api/rate-limits");
        Assert.Equal(["acc_a", "acc_b"], limits["configs"]!.AsArray().Select(config => (string?)config!["accountId"]));
        Assert.Equal((300, 140_000), (Number(limits["configs"]![0]!, "windowMinutes"), Number(limits["configs"]![0]!, "tokenLimit")));
        Assert.Equal(0.91, limits["accounts"]![0]!["windows"]![0]!["utilization"]!.GetValue<double>());
        Assert.Empty((await JsonAsync("/api/rate-limits?accountId=acc_a"))["accounts"]!.AsArray());
    }

    private static long Number(JsonNode node, string name) => (long)node[name]!.GetValue<double>();

    private async Task<JsonNode> JsonAsync(string address, HttpClient? port = null)
    {
        using var response = await SendAsync(address, port ?? _nexus.Dashboard);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }

    private static async Task<HttpResponseMessage> SendAsync(string address, HttpClient port)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Add("X-Dashboard-Key", NexusApp.Key);
        return await port.SendAsync(request);
    }
}
