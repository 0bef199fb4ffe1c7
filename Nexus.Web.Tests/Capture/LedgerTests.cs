using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Capture;

public sealed class LedgerTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private string _database = "";

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
    }

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Fact]
    public async Task A_streamed_request_becomes_a_ledger_row_with_every_token_class_and_its_exact_bytes()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        _upstream.Replies("text/event-stream; charset=utf-8", Streams.Whole, 200, ("request-id", "req_9"));
        var body = Encoding.UTF8.GetBytes("""{"model":"claude-opus-5", "system":[{"type":"text","text":"a"},{"type":"text","text":"b\u0000"}],"messages":[ {"role":"user","content":"\ud800 1e999"} ],"stream":true}""");
        var id = await SendAsync(nexus, body);
        var row = await RowAsync(nexus, id);
        Assert.Equal("completed", row["outcome"]!.GetValue<string>());
        Assert.Equal("claude-opus-5-20260801", row["model"]!.GetValue<string>());
        Assert.Equal("inference", row["requestType"]!.GetValue<string>());
        Assert.Equal((10, 5, 7, 100), (Number(row, "inputTokens"), Number(row, "outputTokens"), Number(row, "cacheCreationInputTokens"), Number(row, "cacheReadInputTokens")));
        Assert.Equal(body, await GetAsync(nexus, $"/api/requests/{id}/body"));
        Assert.Equal(Streams.Whole, await GetAsync(nexus, $"/api/requests/{id}/response"));
        var content = row["responseBody"]!["content"]!.AsArray();
        Assert.Equal(["thinking", "text", "tool_use"], content.Select(block => block!["type"]!.GetValue<string>()));
        Assert.Equal("c2ln", content[0]!["signature"]!.GetValue<string>());
        Assert.Equal("ls", content[2]!["input"]!["command"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_cut_stream_keeps_what_arrived_and_says_so()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        _upstream.Answer = async context =>
        {
            context.Response.StatusCode = 200;
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(string.Concat(Streams.Events[..7]));
            await context.Response.Body.FlushAsync();
            await begun.Task;
            context.Abort();
        };
        using var request = Request("{}"u8.ToArray());
        using var response = await nexus.Proxy.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await (await response.Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[Encoding.UTF8.GetByteCount(string.Concat(Streams.Events[..7]))]);
        begun.SetResult();
        await Assert.ThrowsAnyAsync<Exception>(async () => await (await response.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null));
        var row = await RowAsync(nexus, response.Headers.GetValues("x-nexus-request-id").Single());
        Assert.Equal("upstream_cut", row["outcome"]!.GetValue<string>());
        Assert.Equal("Hello", row["responseBody"]!["content"]![1]!["text"]!.GetValue<string>());
        Assert.Equal(10, Number(row, "inputTokens"));
    }

    [Fact]
    public async Task What_passes_while_the_database_is_away_is_stored_once_it_is_back()
    {
        var directory = Directory.CreateTempSubdirectory("nexus-away-").FullName;
        _upstream.Replies("application/json", Streams.Json);
        var ids = new List<string>();
        await using (var away = await NexusApp.StartAsync(_upstream, null, directory))
        {
            for (var i = 0; i < 20; i++)
                ids.Add(await SendAsync(away, Encoding.UTF8.GetBytes($$"""{"model":"claude-haiku-4-5","messages":[{"role":"user","content":"{{i}}"}]}""")));
            using var health = await away.Proxy.GetAsync("/health");
            Assert.Equal("degraded", (await health.Content.ReadFromJsonAsync<JsonObject>())!["status"]!.GetValue<string>());
            using var dashboard = await away.Dashboard.GetAsync("/health");
            Assert.Equal(503, (int)dashboard.StatusCode);
        }

        await using var back = await NexusApp.StartAsync(_upstream, _database, directory);
        foreach (var id in ids)
            Assert.Equal("completed", (await RowAsync(back, id))["outcome"]!.GetValue<string>());
        var stats = JsonNode.Parse(await GetAsync(back, "/token-stats"))!["127.0.0.1:" + back.Proxy.BaseAddress!.Port] ?? JsonNode.Parse(await GetAsync(back, "/token-stats"))!.AsObject().Single().Value!;
        Assert.Equal((20, 200, 100), (Number(stats, "requestCount"), Number(stats, "inputTokens"), Number(stats, "outputTokens")));
        using var total = JsonDocument.Parse(await GetAsync(back, "/api/stats"));
        Assert.Equal(20, total.RootElement.GetProperty("totalRequests").GetInt32());
    }

    [Fact]
    public async Task A_growing_conversation_is_rebuilt_byte_for_byte_at_every_turn()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        _upstream.Replies("application/json", Streams.Json);
        var messages = new List<string>();
        var sent = new List<(string Id, byte[] Body)>();
        for (var turn = 0; turn < 60; turn++)
        {
            messages.Add($$"""{"role":"{{(turn % 2 == 0 ? "user" : "assistant")}}","content":[{"type":"text","text":"turn {{turn}} {{new string('x', turn * 7)}}"}]}""");
            var body = Encoding.UTF8.GetBytes($$"""{"model":"claude-opus-5","max_tokens":{{turn}},"messages":[{{string.Join(", ", messages)}}],"system":"S"}""");
            sent.Add((await SendAsync(nexus, body), body));
        }

        await RowAsync(nexus, sent[^1].Id);
        foreach (var (id, body) in sent)
            Assert.Equal(body, await GetAsync(nexus, $"/api/requests/{id}/body"));
    }

    [Fact]
    public async Task The_api_says_which_key_or_parameter_is_wrong()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, _database);
        foreach (var client in new[] { nexus.Proxy, nexus.Dashboard })
        {
            using var missing = await client.GetAsync("/api/requests");
            Assert.Equal(401, (int)missing.StatusCode);
            Assert.Contains("unauthorized", await missing.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            using var wrong = new HttpRequestMessage(HttpMethod.Get, "/api/requests") { Headers = { { "X-Dashboard-Key", "nope" } } };
            using var refused = await client.SendAsync(wrong);
            Assert.Equal(403, (int)refused.StatusCode);
        }

        await NexusApp.UntilAsync(async () => (await nexus.Dashboard.GetAsync("/health")).IsSuccessStatusCode, "the database is ready");
        using var bad = new HttpRequestMessage(HttpMethod.Get, "/api/requests?limit=x") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
        using var answer = await nexus.Dashboard.SendAsync(bad);
        Assert.Equal(400, (int)answer.StatusCode);
    }

    private static HttpRequestMessage Request(byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new ByteArrayContent(body) };
        request.Headers.TryAddWithoutValidation("x-api-key", "sk-ant-own");
        return request;
    }

    private static async Task<string> SendAsync(NexusApp nexus, byte[] body)
    {
        using var request = Request(body);
        using var response = await nexus.Proxy.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return response.Headers.GetValues("x-nexus-request-id").Single();
    }

    private static async Task<byte[]> GetAsync(NexusApp nexus, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
        using var response = await nexus.Proxy.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return await response.Content.ReadAsByteArrayAsync();
    }

    private static async Task<JsonNode> RowAsync(NexusApp nexus, string id)
    {
        JsonNode? row = null;
        await NexusApp.UntilAsync(async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/requests/{id}") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
            using var response = await nexus.Dashboard.SendAsync(request);
            Assert.NotEqual(500, (int)response.StatusCode);
            if (response.IsSuccessStatusCode)
                row = await response.Content.ReadFromJsonAsync<JsonNode>();
            return row is not null;
        }, $"request {id} is in the ledger");
        return row!;
    }

    private static int Number(JsonNode node, string name) => node[name]!.GetValue<int>();
}
