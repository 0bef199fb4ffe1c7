using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Proxy;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy;

/// <summary>Upstreams that break off or never answer, callers that leave: what the other side sees, and what the ledger says.</summary>
public sealed class ProxyFaultTests : IAsyncLifetime
{
    private const string EventStream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static readonly string Beginning = string.Concat(Streams.Events[..7]);
    private readonly RawUpstream _upstream = RawUpstream.Start();
    private readonly TaskCompletionSource _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StoredRequests _stored = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        var database = await Postgres.NewDatabaseAsync();
        _stored = StoredRequests.Open(database);
        _nexus = await NexusApp.StartAsync(_upstream.Url, database, settings: ("CLAUDE_API_TIMEOUT", "5000"));
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _stored.DisposeAsync();
        _upstream.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_cut_upstream_is_cut_for_the_caller_and_kept_as_far_as_it_came(bool reset)
    {
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync(EventStream + Chunk(Beginning));
            await _received.Task;
            if (reset)
                exchange.Reset();
            else
                exchange.Close();
        };
        var answer = await AskAsync("Hello");
        Assert.Equal((200, false, Beginning), (answer.Status, answer.Whole, answer.Text));
        var row = await _stored.OnlyAsync();
        Assert.Equal(("upstream_cut", 10L, 1L, 100L, true), (row.Outcome, row.Input, row.Output, row.CacheRead, row.HasPayload));
        Assert.Equal(Beginning.Length, row.ResponseBytes);
    }

    [Fact]
    public async Task A_counted_answer_cut_upstream_is_cut_for_the_caller()
    {
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"id\":");
            await _received.Task;
            exchange.Close();
        };
        Assert.False((await AskAsync("{\"id\":")).Whole);
        var row = await _stored.OnlyAsync();
        Assert.Equal(("upstream_cut", true), (row.Outcome, row.HasPayload));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upstream_that_closes_before_it_answers_is_502(bool reset)
    {
        _upstream.Answer = exchange =>
        {
            if (reset)
                exchange.Reset();
            else
                exchange.Close();
            return Task.CompletedTask;
        };
        var answer = await AskAsync();
        Assert.Equal(502, answer.Status);
        Assert.Contains("\"type\":\"api_error\"", answer.Text, StringComparison.Ordinal);
        Assert.Equal(("upstream_cut", 502), ((await _stored.OnlyAsync()) is var row ? row.Outcome : "", row.Status));
    }

    [Fact]
    public async Task An_upstream_that_answers_rubbish_is_502_and_its_words_do_not_reach_the_caller_s_parser()
    {
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync("220 smtp.example ESMTP\r\n\r\n");
            exchange.Close();
        };
        Assert.Equal(502, (await AskAsync()).Status);
        Assert.Equal("upstream_cut", (await _stored.OnlyAsync()).Outcome);
    }

    [Fact]
    public async Task An_upstream_that_nobody_listens_at_is_502_after_three_attempts()
    {
        await using var nexus = await NexusApp.StartAsync("http://127.0.0.1:9");
        using var client = await RawClient.ConnectAsync(nexus.Proxy.BaseAddress!);
        await client.SendAsync(RawClient.Request("POST", "/v1/messages", body: "{}"));
        var answer = await client.ReadAsync();
        Assert.Equal(502, answer.Status);
        Assert.Contains("could not be reached", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upstream_that_never_answers_is_504_and_is_let_go()
    {
        var left = new TaskCompletionSource();
        _upstream.Answer = async exchange =>
        {
            await exchange.LeftAsync();
            left.TrySetResult();
        };
        var answer = await AskAsync();
        Assert.Equal(504, answer.Status);
        Assert.Contains("CLAUDE_API_TIMEOUT", answer.Text, StringComparison.Ordinal);
        await left.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("upstream_timeout", (await _stored.OnlyAsync()).Outcome);
    }

    [Fact]
    public async Task A_stream_that_falls_silent_is_cut_and_its_beginning_kept()
    {
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync(EventStream + Chunk(Beginning));
            await exchange.LeftAsync();
        };
        var answer = await AskAsync();
        Assert.Equal((false, Beginning), (answer.Whole, answer.Text));
        var row = await _stored.OnlyAsync();
        Assert.Equal(("upstream_timeout", 10L, 1L), (row.Outcome, row.Input, row.Output));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_caller_that_leaves_before_the_headers_cancels_the_upstream(bool reset)
    {
        var (arrived, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        _upstream.Answer = async exchange =>
        {
            arrived.TrySetResult();
            await exchange.LeftAsync();
            left.TrySetResult();
        };
        var client = await RawClient.ConnectAsync(_nexus.Proxy.BaseAddress!);
        await client.SendAsync(RawClient.Request("POST", "/v1/messages", body: """{"model":"m"}"""));
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Leave(client, reset);
        await left.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("client_aborted", (await _stored.OnlyAsync()).Outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_caller_that_leaves_in_the_middle_of_a_stream_cancels_the_upstream_and_its_beginning_is_kept(bool reset)
    {
        var left = new TaskCompletionSource();
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync(EventStream + Chunk(Beginning));
            await exchange.LeftAsync();
            left.TrySetResult();
        };
        var client = await RawClient.ConnectAsync(_nexus.Proxy.BaseAddress!);
        await client.SendAsync(RawClient.Request("POST", "/v1/messages", body: "{}"));
        await client.ReceiveAsync("Hello");
        Leave(client, reset);
        await left.Task.WaitAsync(TimeSpan.FromSeconds(60));
        var row = await _stored.OnlyAsync();
        Assert.Equal(("client_aborted", 10L, 1L, 100L, (long)Beginning.Length), (row.Outcome, row.Input, row.Output, row.CacheRead, row.ResponseBytes));
    }

    [Fact]
    public async Task A_caller_that_leaves_after_message_stop_has_had_its_answer()
    {
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync(EventStream + Chunk(Encoding.UTF8.GetString(Streams.Whole)));
            await exchange.LeftAsync();
        };
        var client = await RawClient.ConnectAsync(_nexus.Proxy.BaseAddress!);
        await client.SendAsync(RawClient.Request("POST", "/v1/messages", body: "{}"));
        await client.ReceiveAsync("event: message_stop");
        client.Reset();
        var row = await _stored.OnlyAsync();
        Assert.Equal(("completed", 5L, null), (row.Outcome, row.Output, row.Error));
    }

    [Fact]
    public async Task A_text_that_speaks_of_message_stop_makes_no_answer_whole()
    {
        var text = Streams.Events[0] + Streams.Events[5] + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"event: message_stop\"}}\n\n";
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync(EventStream + Chunk(text));
            await exchange.LeftAsync();
        };
        var client = await RawClient.ConnectAsync(_nexus.Proxy.BaseAddress!);
        await client.SendAsync(RawClient.Request("POST", "/v1/messages", body: "{}"));
        await client.ReceiveAsync("event: message_stop");
        client.Reset();
        Assert.Equal("client_aborted", (await _stored.OnlyAsync()).Outcome);
    }

    [Fact]
    public async Task A_caller_that_leaves_while_it_uploads_has_its_row_and_nothing_goes_upstream()
    {
        var client = await RawClient.ConnectAsync(_nexus.Proxy.BaseAddress!);
        await client.SendAsync(RawClient.Request("POST", "/v1/messages", "Content-Length: 100\r\n") + "{\"model\":");
        await NexusApp.UntilAsync(() => Task.FromResult(_nexus.Services.GetRequiredService<InFlightRequests>().Count == 1), "the upload has begun");
        client.Reset();
        Assert.Equal("client_aborted", (await _stored.OnlyAsync()).Outcome);
        Assert.Empty(_upstream.Requests);
    }

    [Fact]
    public async Task A_body_shorter_than_announced_is_answered_400()
    {
        using var client = await RawClient.ConnectAsync(_nexus.Proxy.BaseAddress!);
        await client.SendAsync(RawClient.Request("POST", "/v1/messages", "Content-Length: 100\r\n") + "{\"model\":");
        client.Finish();
        if (await client.TryReadAsync() is { } answer)
            Assert.Equal(400, answer.Status);
        Assert.Equal("client_aborted", (await _stored.OnlyAsync()).Outcome);
        Assert.Empty(_upstream.Requests);
    }

    [Fact]
    public async Task An_answer_that_ends_with_its_connection_passes_whole()
    {
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
            foreach (var item in Streams.Events)
                await exchange.SendAsync(item);
            exchange.Close();
        };
        var answer = await AskAsync();
        Assert.True(answer.Whole);
        Assert.Equal(Streams.Whole, answer.Body);
        Assert.Equal(("completed", 5L), ((await _stored.OnlyAsync()) is var row ? row.Outcome : "", row.Output));
    }

    [Fact]
    public async Task An_early_answer_to_a_large_upload_reaches_the_caller()
    {
        _upstream.Answer = exchange => exchange.SendAsync("HTTP/1.1 413 Payload Too Large\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
        using var client = await RawClient.ConnectAsync(_nexus.Proxy.BaseAddress!);
        await client.SendAsync(RawClient.Request("POST", "/v1/files", "Expect: 100-continue\r\n", new string('x', 3 << 20)));
        RawMessage answer;
        while ((answer = await client.ReadAsync()).Status == 100)
        {
        }

        Assert.Equal((413, "{}"), (answer.Status, answer.Text));
    }

    private static string Chunk(string text) => Encoding.UTF8.GetByteCount(text).ToString("x", CultureInfo.InvariantCulture) + "\r\n" + text + "\r\n";

    private static void Leave(RawClient client, bool reset)
    {
        if (reset)
            client.Reset();
        else
            client.Dispose();
    }

    /// <param name="beginning">The upstream is told when the caller has had this.</param>
    private async Task<RawMessage> AskAsync(string? beginning = null)
    {
        using var client = await RawClient.ConnectAsync(_nexus.Proxy.BaseAddress!);
        await client.SendAsync(RawClient.Request("POST", "/v1/messages", "Content-Type: application/json\r\n", """{"model":"claude-opus-5"}"""));
        if (beginning is not null)
            await client.ReceiveAsync(beginning);
        _received.TrySetResult();
        return await client.ReadAsync();
    }
}
