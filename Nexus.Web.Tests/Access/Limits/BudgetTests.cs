using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Nexus.Web.Access.Keys;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Access.Limits;

public sealed class BudgetTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private string _database = "";

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.UsesWhatIsAsked();
        _database = await Postgres.NewDatabaseAsync();
    }

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Fact]
    public async Task A_used_up_budget_refuses_with_a_billing_error_that_says_which_how_much_and_until_when_and_stays_in_the_ledger()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.ReadyAsync();
        var limit = await nexus.LimitAsync(new { name = "team day", scope = "domain", subject = "one.example", unit = "tokens", amount = 1000, period = "day", hard = true });
        await nexus.GoesByAsync(limit["id"]!.GetValue<string>());

        var (first, _, _) = await nexus.SendAsync(LimitClient.Message(300, 400, 500));
        Assert.Equal(200, first);
        await SettledAsync(700);
        var (status, body, response) = await nexus.SendAsync(LimitClient.Message(1, 1, 500));
        Assert.Equal(429, status);
        var error = JsonNode.Parse(body)!["error"]!;
        Assert.Equal("billing_error", error["type"]!.GetValue<string>());
        Assert.Matches("'team day' of 1,000 tokens per day for domain 'one.example' does not cover this request: 700 tokens are used, and this request may use up to \\d+ tokens. It resets at \\d{4}-\\d\\d-\\d\\d 00:00 UTC", error["message"]!.GetValue<string>());
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
        var left = DateTime.UtcNow.Date.AddDays(1) - DateTime.UtcNow;
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, left.TotalSeconds - 5, left.TotalSeconds + 30);

        var id = response.Headers.GetValues("x-nexus-request-id").Single();
        var policy = "";
        await NexusApp.UntilAsync(async () => (policy = await LimitClient.ScalarAsync<string>(_database, $"SELECT policy::text FROM requests WHERE id = '{id}' AND outcome = 'refused' AND status = 429 AND error_type = 'billing_error'")) is not null, "the refusal is in the ledger");
        var decision = JsonNode.Parse(policy!)!.AsArray().Single()!;
        Assert.Equal(("budget", 700, 1000), (decision["verdict"]!.GetValue<string>(), decision["used"]!.GetValue<int>(), decision["budget"]!.GetValue<int>()));
        Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(1, 1, 100))).Status);
        Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(1, 1, 5000, host: "two.example"))).Status);
    }

    [Fact]
    public async Task Counting_tokens_and_listing_models_are_never_blocked()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.ReadyAsync();
        var limit = await nexus.LimitAsync(new { name = "nothing left", scope = "all", unit = "tokens", amount = 1, period = "total", hard = true, requestsPerMinute = 1, tokensPerMinute = 1, concurrentStreams = 1 });
        await nexus.GoesByAsync(limit["id"]!.GetValue<string>());
        var (refused, body, response) = await nexus.SendAsync(LimitClient.Message(1, 1, 10));
        Assert.Equal(429, refused);
        Assert.Contains("does not reset", body, StringComparison.Ordinal);
        Assert.Null(response.Headers.RetryAfter);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(1, 1, 10, path: "/v1/messages/count_tokens"))).Status);
            using var models = new HttpRequestMessage(HttpMethod.Get, "/v1/models?limit=1000") { Headers = { { "x-api-key", "sk-ant-own" } } };
            _upstream.Replies("application/json", "{}"u8.ToArray());
            using var listed = await nexus.Proxy.SendAsync(models);
            Assert.Equal(200, (int)listed.StatusCode);
            _upstream.UsesWhatIsAsked();
        }
    }

    [Fact]
    public async Task A_batch_is_refused_only_when_nothing_is_left()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.ReadyAsync();
        var limit = await nexus.LimitAsync(new { name = "batches", scope = "all", unit = "tokens", amount = 200, period = "month", hard = true });
        await nexus.GoesByAsync(limit["id"]!.GetValue<string>());
        Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(1, 1, 1, path: "/v1/messages/batches"))).Status);
        Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(100, 100, 100))).Status);
        await SettledAsync(200);
        Assert.Equal(429, (await nexus.SendAsync(LimitClient.Message(1, 1, 1, path: "/v1/messages/batches"))).Status);
    }

    [Fact]
    public async Task A_persons_budget_counts_all_of_their_keys_and_nobody_elses()
    {
        const string Team = "team.example.com";
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.PayForAsync(Team, """{"type":"api_key","api_key":"sk-ant-team"}""");
        await nexus.ReadyAsync();
        var keys = new List<string>();
        foreach (var (name, owner) in new[] { ("laptop", "ada"), ("server", "ada"), ("laptop", "bob") })
            keys.Add((await nexus.NewKeyAsync(new KeyRequest(name, owner, Team, []))).Key);
        var limit = await nexus.LimitAsync(new { name = "each person", scope = "owner", subject = "ada", unit = "tokens", amount = 1_000, period = "day", hard = true });
        await nexus.GoesByAsync(limit["id"]!.GetValue<string>());
        foreach (var key in keys.Take(2))
            Assert.Equal(200, await SendAsync(key));
        await NexusApp.UntilAsync(async () => await LimitClient.ScalarAsync<long>(_database, "SELECT sum(tokens)::bigint FROM limit_counters WHERE subject = 'ada'") == 800, "both of Ada's keys are counted");
        await NexusApp.UntilAsync(async () => await SendAsync(keys[0]) == 429 && await SendAsync(keys[1]) == 429, "both keys are refused");
        Assert.Equal(200, await SendAsync(keys[2]));
        Assert.Equal(0L, await LimitClient.ScalarAsync<long>(_database, "SELECT count(*) FROM limit_counters WHERE subject <> 'ada'"));

        // 400 tokens each; a third of Ada's would be beyond the budget.
        async Task<int> SendAsync(string key)
        {
            using var answer = await nexus.AskAsync(Team, key, body: """{"model":"claude-opus-5","max_tokens":350,"messages":[{"role":"user","content":"100 300"}]}""");
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_soft_budget_alerts_once_per_threshold_and_period_and_lets_everything_pass()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.ReadyAsync();
        var limit = await nexus.LimitAsync(new { name = "soft", scope = "domain", subject = "*", unit = "tokens", amount = 1000, period = "month" });
        foreach (var used in new[] { 700, 100, 60, 60, 60, 60 })
            Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(used, 0, 10))).Status);
        await SettledAsync(1040);
        Assert.Equal("80,95,100", await LimitClient.ScalarAsync<string>(_database, "SELECT string_agg(threshold::text, ',' ORDER BY threshold) FROM limit_notices"));
        Assert.Equal("80,95,100", await LimitClient.ScalarAsync<string>(_database, "SELECT string_agg(details->>'threshold', ',' ORDER BY id) FROM audit_log WHERE action = 'limit.threshold_passed'"));
        Assert.Equal(limit["id"]!.GetValue<string>(), await LimitClient.ScalarAsync<string>(_database, "SELECT min(limit_id) FROM limit_notices WHERE subject = 'one.example'"));
    }

    [Fact]
    public async Task A_new_limit_counts_what_was_used_before_it_and_a_raise_opens_it_for_a_while()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.ReadyAsync();
        Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(900, 50, 10))).Status);
        await NexusApp.UntilAsync(async () => await LimitClient.ScalarAsync<long>(_database, "SELECT count(*) FROM requests") == 1, "the request is stored");
        var limit = await nexus.LimitAsync(new { name = "late", scope = "domain", subject = "*", unit = "tokens", amount = 1000, period = "month", hard = true });
        var id = limit["id"]!.GetValue<string>();
        await nexus.GoesByAsync(id);
        Assert.Equal(950, await LimitClient.ScalarAsync<long>(_database, "SELECT tokens FROM limit_counters"));
        Assert.Contains("billing_error", (await nexus.SendAsync(LimitClient.Message(1, 1, 300))).Body, StringComparison.Ordinal);

        using var raise = LimitClient.Api(HttpMethod.Post, $"/api/limits/{id}/raise");
        raise.Content = JsonContent.Create(new { amount = 1000, until = DateTimeOffset.UtcNow.AddHours(1), reason = "release week" });
        using var raised = await nexus.Dashboard.SendAsync(raise);
        Assert.Equal(200, (int)raised.StatusCode);
        await NexusApp.UntilAsync(async () => (await nexus.SendAsync(LimitClient.Message(1, 1, 300))).Status == 200, "the raise is in force");
        Assert.Equal("limit.created,limit.raised", await LimitClient.ScalarAsync<string>(_database, "SELECT string_agg(action, ',' ORDER BY id) FROM audit_log WHERE actor = 'api key'"));

        using var delete = LimitClient.Api(HttpMethod.Delete, $"/api/limits/{id}");
        using var deleted = await nexus.Proxy.SendAsync(delete);
        Assert.Equal(204, (int)deleted.StatusCode);
        await NexusApp.UntilAsync(async () => (await nexus.SendAsync(LimitClient.Message(1, 1, 50_000))).Status == 200, "the limit is gone");
    }

    [Fact]
    public async Task What_is_wrong_with_a_limit_is_said()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        await nexus.ReadyAsync();
        using var request = LimitClient.Api(HttpMethod.Post, "/api/limits");
        request.Content = JsonContent.Create(new { name = "", scope = "team", period = "year", timeZone = "Mars/Olympus" });
        using var response = await nexus.Dashboard.SendAsync(request);
        Assert.Equal(400, (int)response.StatusCode);
        var details = (await response.Content.ReadFromJsonAsync<JsonNode>())!["details"]!.AsArray().Select(detail => detail!.GetValue<string>()).ToList();
        Assert.Equal(["name", "scope", "period", "timeZone", "Nothing is limited"], details.Select(detail => detail.Split(':')[0]));
    }

    [Fact]
    public async Task The_older_systems_variables_limit_each_key_and_each_domain()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database, null, ("RATE_LIMIT_MAX_REQUESTS", "2"), ("RATE_LIMIT_WINDOW_MS", "60000"));
        Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(1, 1, 10))).Status);
        Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(1, 1, 10))).Status);
        var (status, body, response) = await nexus.SendAsync(LimitClient.Message(1, 1, 10));
        Assert.Equal(429, status);
        Assert.Contains("allows 2 requests per minute for key", body, StringComparison.Ordinal);
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 30);
        Assert.False(response.Headers.Contains("x-should-retry"));
        using var other = LimitClient.Message(1, 1, 10);
        other.Headers.Remove("x-api-key");
        other.Headers.TryAddWithoutValidation("x-api-key", "sk-ant-another");
        using var passed = await nexus.Proxy.SendAsync(other);
        Assert.Equal(200, (int)passed.StatusCode);
    }

    private Task SettledAsync(long tokens) => NexusApp.UntilAsync(async () => await LimitClient.ScalarAsync<long>(_database, "SELECT coalesce(max(tokens), 0) FROM limit_counters") == tokens, $"{tokens} tokens are settled");
}
