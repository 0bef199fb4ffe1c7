using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy.Pooling;

public sealed class LimitKeyTests : IAsyncLifetime
{
    private const string Body = $$"""{"model":"{{PoolNexus.Model}}","messages":[]}""";
    private PoolNexus _nexus = null!;

    public async Task InitializeAsync() => _nexus = await PoolNexus.StartAsync();

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Theory]
    [InlineData("/v1/messages/count_tokens", "count_tokens claude-opus-5")]
    [InlineData("/v1/messages/batches", "other paths")]
    public async Task What_is_no_message_cools_no_messages(string path, string key)
    {
        Limit();
        Assert.Equal(429, (await AskAsync(path)).Status);
        _nexus.Upstreams[0].Answer = exchange => exchange.SendAsync(PoolNexus.Stream(PoolNexus.Sound));
        Assert.Equal(key, _nexus[0].Status.Cooldowns.Single().Model);
        Assert.DoesNotContain(_nexus[0].Status.Cooldowns, cooldown => cooldown.AppliesTo(PoolNexus.Model));
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool)).Status);
        Assert.Equal(2, _nexus.Upstreams[0].Requests.Count);
    }

    [Fact]
    public async Task Counting_tokens_is_never_refused_for_a_limit_and_a_refused_credential_counts_there_too()
    {
        Limit();
        Assert.Equal(429, (await AskAsync("/v1/messages/count_tokens")).Status);
        _nexus.Upstreams[0].Answer = exchange => exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{\"input_tokens\":3}");
        Assert.Equal((200, """{"input_tokens":3}"""), await AnswerAsync());
        Assert.Equal(4, _nexus.Upstreams.Sum(upstream => upstream.Requests.Count));
        _nexus[0].Account.State.Change(known => known.Cooled(Nexus.Web.Credentials.Pool.Cooldown.Isolation("the upstream answered 401", DateTimeOffset.UtcNow)));
        Assert.Equal(429, (await AnswerAsync()).Status);
        Assert.Equal((2, 2), (_nexus.Upstreams[0].Requests.Count, _nexus.Upstreams[1].Requests.Count));
    }

    private void Limit()
    {
        foreach (var upstream in _nexus.Upstreams)
            upstream.Answer = exchange => exchange.SendAsync(PoolNexus.Error(429, "rate_limit_error", "retry-after: 100"));
    }

    private async Task<(int Status, string Text)> AnswerAsync() => await AskAsync("/v1/messages/count_tokens") is var answer ? (answer.Status, answer.Text) : default;

    private async Task<RawMessage> AskAsync(string path)
    {
        using var client = await RawClient.ConnectAsync(_nexus.App.Proxy.BaseAddress!);
        await client.SendAsync($"POST {path} HTTP/1.1\r\nHost: {PoolNexus.Pool}\r\nx-api-key: cnp_live_k\r\nX-Claude-Code-Session-Id: {PoolNexus.Session}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");
        return await client.ReadAsync();
    }
}
