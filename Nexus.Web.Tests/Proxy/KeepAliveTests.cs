using System.Text;
using Nexus.Web.Proxy;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy;

/// <summary>Comments of Nexus's own in event streams (<c>SSE_KEEPALIVE_SECONDS</c>).</summary>
public sealed class KeepAliveTests : IAsyncLifetime
{
    private const string EventStream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static readonly string Comment = Encoding.ASCII.GetString(KeepAliveStream.Comment);
    private static readonly TimeSpan SeveralSilences = TimeSpan.FromSeconds(2.5);
    private readonly RawUpstream _upstream = RawUpstream.Start();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        _upstream.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Comments_fill_a_silence_between_two_events_never_within_one_and_are_never_stored()
    {
        var database = await Postgres.NewDatabaseAsync();
        await using var nexus = await NexusApp.StartAsync(_upstream.Url, database, settings: ("SSE_KEEPALIVE_SECONDS", "1"));
        await nexus.ReadyAsync();
        var commented = new TaskCompletionSource();
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync(EventStream + Chunk(Streams.Events[0]));
            await commented.Task;
            await exchange.SendAsync(Chunk("event: pi"));
            await Task.Delay(SeveralSilences);
            await exchange.SendAsync(Chunk("ng\ndata: {\"type\":\"ping\"}\n\n") + Chunk(Streams.Events[^1]) + "0\r\n\r\n");
        };
        using var client = await AskAsync(nexus);
        await client.ReceiveAsync(Comment);
        commented.SetResult();
        var answer = await client.ReadAsync();
        Assert.True(answer.Whole);
        Assert.Contains("event: ping\ndata", answer.Text, StringComparison.Ordinal);
        Assert.StartsWith(Streams.Events[0] + Comment, answer.Text, StringComparison.Ordinal);
        var sent = Streams.Events[0] + "event: ping\ndata: {\"type\":\"ping\"}\n\n" + Streams.Events[^1];
        Assert.Equal(sent, answer.Text.Replace(Comment, "", StringComparison.Ordinal));
        await using var stored = StoredRequests.Open(database);
        var row = await stored.OnlyAsync();
        Assert.Equal(("completed", sent.Length), (row.Outcome, row.ResponseBytes));
    }

    [Theory]
    [InlineData("0", "", "text/event-stream")]
    [InlineData("1", "Content-Encoding: gzip\r\n", "text/event-stream")]
    [InlineData("1", "", "application/json")]
    public async Task Nothing_is_added_unless_asked_for_nor_to_what_is_compressed_or_no_event_stream(string seconds, string encoding, string type)
    {
        await using var nexus = await NexusApp.StartAsync(_upstream.Url, settings: ("SSE_KEEPALIVE_SECONDS", seconds));
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\n{encoding}Transfer-Encoding: chunked\r\n\r\n{Chunk("data: 1\n\n")}");
            await Task.Delay(SeveralSilences);
            await exchange.SendAsync(Chunk("data: 2\n\n") + "0\r\n\r\n");
        };
        using var client = await AskAsync(nexus);
        Assert.Equal("data: 1\n\ndata: 2\n\n", (await client.ReadAsync()).Text);
    }

    [Fact]
    public async Task Nothing_is_added_before_the_first_event()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream.Url, settings: ("SSE_KEEPALIVE_SECONDS", "1"));
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync(EventStream);
            await Task.Delay(SeveralSilences);
            await exchange.SendAsync(Chunk("data: 1\r\n\r\n") + "0\r\n\r\n");
        };
        using var client = await AskAsync(nexus);
        Assert.Equal("data: 1\r\n\r\n", (await client.ReadAsync()).Text);
    }

    [Fact]
    public async Task An_upstream_that_stays_silent_is_given_up_although_the_caller_hears_comments()
    {
        var database = await Postgres.NewDatabaseAsync();
        await using var nexus = await NexusApp.StartAsync(_upstream.Url, database, settings: [("SSE_KEEPALIVE_SECONDS", "1"), ("CLAUDE_API_TIMEOUT", "3000")]);
        await nexus.ReadyAsync();
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync(EventStream + Chunk(Streams.Events[0]));
            await exchange.LeftAsync();
        };
        using var client = await AskAsync(nexus);
        await client.ReceiveAsync(Comment);
        Assert.False((await client.ReadAsync()).Whole);
        await using var stored = StoredRequests.Open(database);
        var row = await stored.OnlyAsync();
        Assert.Equal(("upstream_timeout", Streams.Events[0].Length), (row.Outcome, row.ResponseBytes));
    }

    [Fact]
    public async Task A_caller_that_leaves_during_a_silence_ends_the_call_upstream()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream.Url, settings: ("SSE_KEEPALIVE_SECONDS", "1"));
        var left = new TaskCompletionSource();
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync(EventStream + Chunk(Streams.Events[0]));
            await exchange.LeftAsync();
            left.SetResult();
        };
        using (var client = await AskAsync(nexus))
        {
            await client.ReceiveAsync(Comment);
            client.Reset();
        }

        await left.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static string Chunk(string text) => FormattableString.Invariant($"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    private static async Task<RawClient> AskAsync(NexusApp nexus)
    {
        var client = await RawClient.ConnectAsync(nexus.Proxy.BaseAddress!);
        await client.SendAsync(RawClient.Request("POST", "/v1/messages", body: "{}"));
        return client;
    }
}
