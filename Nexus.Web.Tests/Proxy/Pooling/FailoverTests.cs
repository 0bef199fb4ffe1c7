using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Proxy.Pooling;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy.Pooling;

public sealed class FailoverTests : IAsyncLifetime
{
    private PoolNexus _nexus = null!;

    public async Task InitializeAsync() => _nexus = await PoolNexus.StartAsync();

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task If_all_accounts_fail_the_caller_gets_the_first_failure_with_its_headers()
    {
        for (var i = 0; i < 3; i++)
        {
            var reply = PoolNexus.Error(i == 0 ? 529 : 500, i == 0 ? "overloaded_error" : "api_error", $"request-id: req_{i}", "x-should-retry: true");
            _nexus.Upstreams[i].Answer = exchange => exchange.SendAsync(reply);
        }

        var answer = await _nexus.AskAsync(PoolNexus.Pool);
        Assert.Equal((529, "req_0", "true", null), (answer.Status, answer.Header("request-id"), answer.Header("x-should-retry"), answer.Header("retry-after")));
        Assert.Equal("""{"type":"error","error":{"type":"overloaded_error","message":"from the upstream"},"request_id":"req_1"}""", answer.Text);
        Assert.Equal(("upstream_error", 529, _nexus[0].Id), await _nexus.LedgerAsync(answer));
        Assert.Equal([529, 500, 500], (await _nexus.AttemptsAsync(answer)).Select(attempt => attempt.Status));
    }

    [Fact]
    public async Task A_pool_at_its_limits_says_until_when_and_asks_nobody()
    {
        for (var i = 0; i < 3; i++)
        {
            var reply = PoolNexus.Error(429, "rate_limit_error", $"retry-after: {100 * (i + 1)}");
            _nexus.Upstreams[i].Answer = exchange => exchange.SendAsync(reply);
        }

        var first = await _nexus.AskAsync(PoolNexus.Pool);
        Assert.Equal((429, "100"), (first.Status, first.Header("retry-after")));
        foreach (var upstream in _nexus.Upstreams)
            upstream.Requests.Clear();
        var second = await _nexus.AskAsync(PoolNexus.Pool);
        Assert.Equal(429, second.Status);
        Assert.InRange(int.Parse(second.Header("retry-after")!, System.Globalization.CultureInfo.InvariantCulture), 1, 100);
        Assert.Contains("\"type\":\"rate_limit_error\"", second.Text, StringComparison.Ordinal);
        Assert.All(_nexus.Upstreams, upstream => Assert.Empty(upstream.Requests));
        Assert.Equal(("refused", 429, null), await _nexus.LedgerAsync(second));
        // Another model has windows of its own.
        foreach (var upstream in _nexus.Upstreams)
            upstream.Answer = exchange => exchange.SendAsync(PoolNexus.Stream(PoolNexus.Sound));
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool, """{"model":"claude-haiku-4-5","stream":true,"messages":[]}""")).Status);
    }

    [Fact]
    public async Task A_retry_after_that_no_upstream_named_is_never_made_up()
    {
        foreach (var upstream in _nexus.Upstreams)
            upstream.Answer = exchange => exchange.SendAsync(PoolNexus.Error(429, "rate_limit_error"));
        Assert.Null((await _nexus.AskAsync(PoolNexus.Pool)).Header("retry-after"));
        var refused = await _nexus.AskAsync(PoolNexus.Pool);
        Assert.Equal((429, null), (refused.Status, refused.Header("retry-after")));
    }

    [Fact]
    public async Task A_message_thread_stays_at_the_account_that_holds_it_and_is_asked_once()
    {
        // The session's first account is away when the thread begins.
        _nexus.Upstreams[0].Answer = exchange => exchange.SendAsync(PoolNexus.Error(529, "overloaded_error"));
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool, """{"model":"claude-opus-5","stream":true,"thread":{"type":"create"},"messages":[]}""")).Status);
        const string Next = """{"model":"claude-opus-5","stream":true,"thread":{"type":"continue","previous_message_id":"msg_1"},"messages":[]}""";
        _nexus.Reset();
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool, Next)).Status);
        Assert.Single(_nexus.Upstreams[1].Requests);
        _nexus.Upstreams[1].Answer = exchange => exchange.SendAsync(PoolNexus.Error(529, "overloaded_error"));
        Assert.Equal(529, (await _nexus.AskAsync(PoolNexus.Pool, Next)).Status);
        Assert.Empty(_nexus.Upstreams[0].Requests);
        Assert.Empty(_nexus.Upstreams[2].Requests);
    }

    [Fact]
    public async Task The_first_event_is_held_only_until_it_is_complete_and_then_nothing_is()
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _nexus.Upstreams[0].Answer = async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nevent: \r\n");
            await exchange.SendAsync("f\r\nping\ndata: {}\n\n\r\n");
            await seen.Task;
            await exchange.SendAsync("6\r\nevent:\r\n");
            await sent.Task;
            await exchange.SendAsync("0\r\n\r\n");
        };
        using var client = await _nexus.SendAsync(PoolNexus.Pool);
        await client.ReceiveAsync("event: ping\ndata: {}\n\n");
        seen.SetResult();
        await client.ReceiveAsync("\r\nevent:");
        sent.SetResult();
        Assert.Equal(200, (await client.ReadAsync()).Status);
    }

    [Fact]
    public async Task An_account_whose_credential_is_refused_is_left_alone_and_one_bad_request_isolates_nobody()
    {
        _nexus.Upstreams[0].Answer = exchange => exchange.SendAsync(PoolNexus.Error(403, "permission_error"));
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool)).Status);
        Assert.True(_nexus[0].Status.Cooldowns.Single().IsIsolation);
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool, """{"model":"claude-haiku-4-5","stream":true,"messages":[]}""")).Status);
        Assert.Single(_nexus.Upstreams[0].Requests);
        _nexus.Reset();
        foreach (var upstream in _nexus.Upstreams)
            upstream.Answer = exchange => exchange.SendAsync(PoolNexus.Error(403, "permission_error"));
        Assert.Equal(403, (await _nexus.AskAsync(PoolNexus.Pool)).Status);
        Assert.All(Enumerable.Range(0, 3), index => Assert.Empty(_nexus[index].Status.Cooldowns));
    }

    [Fact]
    public async Task Where_nobody_listens_one_account_is_asked_three_times_and_a_pool_goes_on()
    {
        _nexus.Upstreams[0].Dispose();
        var answer = await _nexus.AskAsync(PoolNexus.Single);
        Assert.Equal(502, answer.Status);
        Assert.Equal(("upstream_cut", 502, "acc_single"), await _nexus.LedgerAsync(answer));
        Assert.Equal([(1, null, "upstream"), (2, null, "upstream"), (3, (int?)null, "upstream")], (await _nexus.AttemptsAsync(answer)).Select(attempt => (attempt.Ordinal, attempt.Status, attempt.Scope)));
        answer = await _nexus.AskAsync(PoolNexus.Pool);
        Assert.Equal(200, answer.Status);
        Assert.Equal(("completed", 200, _nexus[1].Id), await _nexus.LedgerAsync(answer));
        Assert.Equal(2, (await _nexus.AttemptsAsync(answer)).Count);
    }

    [Fact]
    public async Task An_upstream_that_all_accounts_share_is_asked_again_and_its_silence_is_no_limit()
    {
        var nobody = RawUpstream.Start();
        nobody.Dispose();
        await _nexus.App.PayForAsync("shared.example", $$"""{"accounts":[{"type":"api_key","accountId":"acc_1","api_key":"sk-ant-1","base_url":"{{nobody.Url}}"},{"type":"api_key","accountId":"acc_2","api_key":"sk-ant-2","base_url":"{{nobody.Url}}"}],"client_api_key":"cnp_live_k"}""");
        var answer = await _nexus.AskAsync("shared.example");
        Assert.Equal(502, answer.Status);
        var (outcome, status, asked) = await _nexus.LedgerAsync(answer);
        Assert.Equal(("upstream_cut", 502), (outcome, status));
        Assert.Equal([(asked, "upstream"), (asked, "upstream"), (asked, "upstream")], (await _nexus.AttemptsAsync(answer)).Select(attempt => (attempt.Account, attempt.Scope)));
        Assert.All(_nexus.App.Services.GetRequiredService<Nexus.Web.Credentials.CredentialFiles>().Find("shared.example")!.Accounts, account => Assert.Empty(account.State.Status.Cooldowns));
    }

    [Fact]
    public async Task A_pool_none_of_whose_upstreams_can_be_reached_answers_502_each_time()
    {
        foreach (var upstream in _nexus.Upstreams)
            upstream.Dispose();
        Assert.Equal(502, (await _nexus.AskAsync(PoolNexus.Pool)).Status);
        Assert.Equal(502, (await _nexus.AskAsync(PoolNexus.Pool)).Status);
    }

    [Theory]
    [InlineData(1, 0, 1000)]
    [InlineData(1, 1, 1500)]
    [InlineData(2, 0, 2000)]
    [InlineData(9, 0.5, 37500)]
    public void Attempts_wait_twice_as_long_each_time_and_up_to_half_as_much_again(int attempt, double jitter, int milliseconds) =>
        Assert.Equal(milliseconds, Failover.Delay(attempt, jitter).TotalMilliseconds);

    [Fact]
    public async Task A_cooldown_outlives_a_restart_with_the_database_away()
    {
        var until = DateTimeOffset.UtcNow.AddMinutes(5);
        _nexus.App.Services.GetRequiredService<AccountStates>().Of("acc_a").Change(status => status.Cooled(new("claude-opus-5", DateTimeOffset.UtcNow, until, true, "the upstream answered 429")));
        var file = Path.Combine(_nexus.App.CredentialsDirectory, "..", "keys", "accounts.sealed");
        await NexusApp.UntilAsync(() => Task.FromResult(File.Exists(file)), "the state is filed");
        Assert.False((await File.ReadAllTextAsync(file)).Contains("acc_a", StringComparison.Ordinal));
        var home = Directory.CreateTempSubdirectory("nexus-restart-").FullName;
        try
        {
            foreach (var kept in Directory.GetFiles(Path.GetDirectoryName(file)!, "*", SearchOption.AllDirectories))
            {
                var copy = Path.Combine(home, "keys", Path.GetRelativePath(Path.GetDirectoryName(file)!, kept));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(kept, copy);
            }

            await using var again = await NexusApp.StartAsync(_nexus.Upstreams[0].Url, directory: home);
            var cooldown = again.Services.GetRequiredService<AccountStates>().Of("acc_a").Status.Cooldowns.Single();
            Assert.Equal(("claude-opus-5", until, true), (cooldown.Model, cooldown.Until, cooldown.IsTold));
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
