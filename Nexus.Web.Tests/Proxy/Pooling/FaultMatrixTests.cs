using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy.Pooling;

/// <summary>What an upstream can do to a request, for a domain of one account and one of three: the caller's view, the ledger's row, its attempts.</summary>
public sealed class FaultMatrixTests(FaultMatrixTests.Gateway gateway) : IClassFixture<FaultMatrixTests.Gateway>
{
    private const string Start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_0\",\"model\":\"claude-opus-5\",\"content\":[],\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n";
    private const string Overloaded = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";

    private const string CutAt = "event: content_block_st";
    private static TaskCompletionSource _received = new();

    private static readonly Dictionary<string, Func<RawExchange, Task>> Faults = new()
    {
        ["reset before headers"] = exchange => Then(exchange.Reset),
        ["reset mid-headers"] = async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/ev");
            exchange.Reset();
        },
        ["slow headers"] = async exchange =>
        {
            await Task.Delay(300);
            await exchange.SendAsync(PoolNexus.Stream(PoolNexus.Sound));
        },
        ["429 with retry-after"] = exchange => exchange.SendAsync(PoolNexus.Error(429, "rate_limit_error", "retry-after: 30")),
        ["429"] = exchange => exchange.SendAsync(PoolNexus.Error(429, "rate_limit_error")),
        ["529"] = exchange => exchange.SendAsync(PoolNexus.Error(529, "overloaded_error", "x-should-retry: true")),
        ["500"] = exchange => exchange.SendAsync(PoolNexus.Error(500, "api_error")),
        ["401"] = exchange => exchange.SendAsync(PoolNexus.Error(401, "authentication_error")),
        ["403"] = exchange => exchange.SendAsync(PoolNexus.Error(403, "permission_error")),
        ["400"] = exchange => exchange.SendAsync(PoolNexus.Error(400, "invalid_request_error")),
        ["404"] = exchange => exchange.SendAsync(PoolNexus.Error(404, "not_found_error")),
        ["error event first"] = exchange => exchange.SendAsync(PoolNexus.Stream(": a comment\n\n" + Overloaded)),
        ["error event later"] = exchange => exchange.SendAsync(PoolNexus.Stream(Start + Overloaded)),
        ["cut mid-event"] = async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100000\r\n\r\n" + Start + CutAt);
            await _received.Task;
            exchange.Close();
        },
        ["stall"] = async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100000\r\n\r\n" + Start);
            await exchange.LeftAsync();
        },
        ["stall before the first event"] = async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100000\r\n\r\nevent: mess");
            await exchange.LeftAsync();
        },
        ["garbage"] = async exchange =>
        {
            await exchange.SendAsync("220 smtp.example ESMTP\r\n\r\n");
            exchange.Close();
        },
        ["oversized header"] = exchange => exchange.SendAsync($"HTTP/1.1 200 OK\r\nX-Large: {new string('x', 200_000)}\r\nContent-Length: 0\r\n\r\n"),
        ["half-closed"] = async exchange =>
        {
            exchange.Finish();
            await exchange.LeftAsync();
        },
    };

    [Theory]
    [InlineData("reset before headers", 502, "upstream_cut", null, "upstream")]
    [InlineData("reset mid-headers", 502, "upstream_cut", null, "upstream")]
    [InlineData("slow headers", 200, "completed", 200, null)]
    [InlineData("429 with retry-after", 429, "upstream_error", 429, "account")]
    [InlineData("429", 429, "upstream_error", 429, "account")]
    [InlineData("529", 529, "upstream_error", 529, "upstream")]
    [InlineData("500", 500, "upstream_error", 500, "upstream")]
    [InlineData("401", 401, "upstream_error", 401, "account")]
    [InlineData("403", 403, "upstream_error", 403, "account")]
    [InlineData("400", 400, "upstream_error", 400, "request")]
    [InlineData("404", 404, "upstream_error", 404, "model")]
    [InlineData("error event first", 200, "upstream_error", 200, "upstream")]
    [InlineData("error event later", 200, "upstream_error", 200, "upstream")]
    [InlineData("cut mid-event", 200, "upstream_cut", 200, "upstream")]
    [InlineData("stall", 200, "upstream_timeout", 200, "upstream")]
    [InlineData("garbage", 502, "upstream_cut", null, "upstream")]
    [InlineData("oversized header", 502, "upstream_cut", null, "upstream")]
    [InlineData("half-closed", 502, "upstream_cut", null, "upstream")]
    public async Task With_one_account_what_the_upstream_does_goes_back_at_once_as_it_came(string fault, int status, string outcome, int? attempted, string? scope)
    {
        var nexus = gateway.Nexus;
        nexus.Reset();
        nexus.Upstreams[0].Answer = Faults[fault];
        var answer = await AskAsync(PoolNexus.Single, fault);
        Assert.Equal(status, answer.Status);
        Assert.Equal((outcome, (int?)status, "acc_single"), await nexus.LedgerAsync(answer));
        Assert.Equal(outcome is not ("upstream_cut" or "upstream_timeout") || status == 502, answer.Whole);
        Assert.Equal(fault == "429 with retry-after" ? "30" : null, answer.Header("retry-after"));
        Assert.Single(nexus.Upstreams[0].Requests);
        var attempts = await nexus.AttemptsAsync(answer);
        if (scope is null)
            Assert.Empty(attempts);
        else
            Assert.Equal((1, "acc_single", attempted, scope), (attempts.Single().Ordinal, attempts[0].Account, attempts[0].Status, attempts[0].Scope));
    }

    [Theory]
    [InlineData("reset before headers", null, "upstream")]
    [InlineData("reset mid-headers", null, "upstream")]
    [InlineData("429 with retry-after", 429, "account")]
    [InlineData("429", 429, "account")]
    [InlineData("529", 529, "upstream")]
    [InlineData("500", 500, "upstream")]
    [InlineData("401", 401, "account")]
    [InlineData("403", 403, "account")]
    [InlineData("error event first", 200, "upstream")]
    [InlineData("garbage", null, "upstream")]
    [InlineData("oversized header", null, "upstream")]
    [InlineData("half-closed", null, "upstream")]
    public async Task With_a_pool_another_account_answers_before_the_caller_has_a_byte(string fault, int? attempted, string scope)
    {
        var nexus = gateway.Nexus;
        nexus.Reset();
        nexus.Upstreams[0].Answer = Faults[fault];
        var answer = await nexus.AskAsync(PoolNexus.Pool);
        Assert.Equal((200, PoolNexus.Sound), (answer.Status, answer.Text));
        Assert.Equal(("completed", 200, nexus[1].Id), await nexus.LedgerAsync(answer));
        Assert.Equal("sk-ant-" + nexus[1].Id, nexus.Upstreams[1].Requests.Single().Header("x-api-key"));
        Assert.Empty(nexus.Upstreams[2].Requests);
        var attempts = await nexus.AttemptsAsync(answer);
        Assert.Equal([(1, nexus[0].Id, attempted, scope), (2, nexus[1].Id, 200, null)], attempts.Select(attempt => (attempt.Ordinal, attempt.Account!, attempt.Status, attempt.Scope)));
        Assert.Equal(attempted is not null, attempts[0].Headers is not null);
    }

    [Theory]
    [InlineData("slow headers", 200, "completed")]
    [InlineData("400", 400, "upstream_error")]
    [InlineData("404", 404, "upstream_error")]
    [InlineData("error event later", 200, "upstream_error")]
    [InlineData("cut mid-event", 200, "upstream_cut")]
    [InlineData("stall", 200, "upstream_timeout")]
    [InlineData("stall before the first event", 504, "upstream_timeout")]
    public async Task With_a_pool_no_other_account_is_asked_where_it_could_not_help_or_the_answer_has_begun(string fault, int status, string outcome)
    {
        var nexus = gateway.Nexus;
        nexus.Reset();
        nexus.Upstreams[0].Answer = Faults[fault];
        var answer = await AskAsync(PoolNexus.Pool, fault);
        Assert.Equal(status, answer.Status);
        Assert.Equal((outcome, (int?)status, nexus[0].Id), await nexus.LedgerAsync(answer));
        Assert.Empty(nexus.Upstreams[1].Requests);
        Assert.Equal(outcome == "completed" ? 0 : 1, (await nexus.AttemptsAsync(answer)).Count);
        Assert.Empty(nexus[0].Status.Cooldowns);
    }

    /// <summary>An upstream that cuts waits until the caller has what came before: a reset may overtake bytes.</summary>
    private async Task<RawMessage> AskAsync(string domain, string fault)
    {
        _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using var client = await gateway.Nexus.SendAsync(domain);
        if (fault == "cut mid-event")
            await client.ReceiveAsync(CutAt);
        _received.SetResult();
        return await client.ReadAsync();
    }

    public sealed class Gateway : IAsyncLifetime
    {
        internal PoolNexus Nexus { get; private set; } = null!;

        public async Task InitializeAsync() => Nexus = await PoolNexus.StartAsync(("CLAUDE_API_TIMEOUT", "1500"));

        public async Task DisposeAsync() => await Nexus.DisposeAsync();
    }

    private static Task Then(Action act)
    {
        act();
        return Task.CompletedTask;
    }
}
