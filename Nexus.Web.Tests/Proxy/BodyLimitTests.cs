using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Proxy;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy;

public sealed class BodyLimitTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
    }

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_past_MAX_REQUEST_SIZE_is_413_announced_or_chunked_and_one_within_it_passes(bool chunked)
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: ("MAX_REQUEST_SIZE", "5000"));
        using var client = await RawClient.ConnectAsync(nexus.Proxy.BaseAddress!);
        await client.SendAsync(RawClient.Request("POST", "/v1/messages", Framing(chunked, 5000)) + Body(chunked, 5000));
        Assert.Equal(200, (await client.ReadAsync()).Status);
        await client.SendAsync(RawClient.Request("POST", "/v1/messages/count_tokens?beta=true", Framing(chunked, 5001)) + Body(chunked, 5001));
        var refused = await client.ReadAsync();
        Assert.Equal(413, refused.Status);
        Assert.Contains("\"type\":\"request_too_large\"", refused.Text, StringComparison.Ordinal);
        Assert.Contains("MAX_REQUEST_SIZE", refused.Text, StringComparison.Ordinal);
        Assert.Equal(5000, Assert.Single(_upstream.Requests).BodyLength);
    }

    [Fact]
    public async Task Bodies_past_the_budget_of_memory_are_503_until_others_are_upstream()
    {
        // A body of up to a megabyte has its memory from its header on; a larger one holds one and two while it grows.
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: ("Proxy:RequestMemoryBytes", "3145728"));
        using var waiting = await RawClient.ConnectAsync(nexus.Proxy.BaseAddress!);
        await waiting.SendAsync(RawClient.Request("POST", "/v1/messages", "Content-Length: 1000000\r\n") + new string('x', 900_000));
        await NexusApp.UntilAsync(() => Task.FromResult(nexus.Services.GetRequiredService<InFlightRequests>().Count == 1), "the body is awaited");
        RawMessage? refused = null;
        await NexusApp.UntilAsync(async () =>
        {
            using var client = await RawClient.ConnectAsync(nexus.Proxy.BaseAddress!);
            await client.SendAsync(RawClient.Request("POST", "/v1/messages", body: new string('y', 1_500_000)));
            return (refused = await client.ReadAsync()).Status == 503;
        }, "the budget is used up");
        Assert.Contains("\"type\":\"overloaded_error\"", refused!.Text, StringComparison.Ordinal);
        Assert.Equal("2", refused.Header("retry-after"));

        await waiting.SendAsync(new string('x', 100_000));
        Assert.Equal(200, (await waiting.ReadAsync()).Status);
        using var again = await RawClient.ConnectAsync(nexus.Proxy.BaseAddress!);
        await again.SendAsync(RawClient.Request("POST", "/v1/messages", body: new string('y', 1_500_000)));
        Assert.Equal(200, (await again.ReadAsync()).Status);
    }

    [Fact]
    public async Task A_body_s_memory_is_free_again_while_its_answer_still_streams()
    {
        var go = new TaskCompletionSource();
        _upstream.Answer = async context =>
        {
            context.Response.StatusCode = 200;
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.WriteAsync(Streams.Whole.AsMemory(0, 100));
            await context.Response.Body.FlushAsync();
            await go.Task;
            await context.Response.Body.WriteAsync(Streams.Whole.AsMemory(100));
        };
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: ("Proxy:RequestMemoryBytes", "2097152"));
        var streams = new List<RawClient>();
        for (var i = 0; i < 5; i++)
        {
            var client = await RawClient.ConnectAsync(nexus.Proxy.BaseAddress!);
            streams.Add(client);
            await client.SendAsync(RawClient.Request("POST", "/v1/messages", body: new string('x', 1_000_000)));
            await client.ReceiveAsync("message_start");
        }

        go.SetResult();
        foreach (var client in streams)
        {
            Assert.Equal(Streams.Whole, (await client.ReadAsync()).Body);
            client.Dispose();
        }

        Assert.Equal(5, _upstream.Requests.Count);
    }

    private static string Framing(bool chunked, int length) => chunked ? "Transfer-Encoding: chunked\r\n" : $"Content-Length: {length}\r\n";

    private static string Body(bool chunked, int length) => chunked ? $"{length:x}\r\n{new string('x', length)}\r\n0\r\n\r\n" : new string('x', length);
}
