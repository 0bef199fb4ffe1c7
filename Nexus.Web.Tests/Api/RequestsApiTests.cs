using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage;
using Xunit;

namespace Nexus.Web.Tests.Api;

/// <summary>Requests, statistics and domains as spec §6.1 gives them, on both ports.</summary>
public sealed class RequestsApiTests : IAsyncLifetime
{
    private const string Body = """{"model":"claude-opus-5","stream":true,"messages":[{"role":"user","content":"Hi ☃"}]}""";
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    private IEnumerable<HttpClient> Ports => [_nexus.Proxy, _nexus.Dashboard];

    [Theory]
    [InlineData("/api/requests")]
    [InlineData("/api/requests/01a2122e-286b-7d9c-a87a-1ddf2a295fca")]
    [InlineData("/api/requests/01a2122e-286b-7d9c-a87a-1ddf2a295fca/body")]
    [InlineData("/api/requests/01a2122e-286b-7d9c-a87a-1ddf2a295fca/response")]
    [InlineData("/api/stats")]
    [InlineData("/api/domains")]
    [InlineData("/api/nothing/here")]
    [InlineData("/api")]
    public async Task Without_a_key_nothing_under_api_answers_and_with_a_wrong_one_neither(string path)
    {
        foreach (var port in Ports)
        {
            Assert.Equal((401, """{"error":{"code":"unauthorized","message":"API key required"}}"""), await SendAsync(port, path));
            foreach (var name in new[] { "X-API-Key", "X-Dashboard-Key", "Authorization" })
                Assert.Equal((403, """{"error":{"code":"forbidden","message":"Invalid API key"}}"""), await SendAsync(port, path, name, name == "Authorization" ? "Bearer wrong" : "wrong"));
        }
    }

    [Fact]
    public async Task The_key_is_taken_from_each_of_its_headers_and_what_is_not_there_is_404()
    {
        foreach (var port in Ports)
        {
            foreach (var (name, value) in new[] { ("X-API-Key", NexusApp.Key), ("X-Dashboard-Key", NexusApp.Key), ("Authorization", "Bearer " + NexusApp.Key) })
                Assert.Equal(200, (await SendAsync(port, "/api/domains", name, value)).Status);
            Assert.Equal((404, """{"error":"There is nothing at /api/nothing"}"""), await WithKeyAsync(port, "/api/nothing"));
            Assert.Equal((404, """{"error":"Request not found"}"""), await WithKeyAsync(port, "/api/requests/01a2122e-286b-7d9c-a87a-1ddf2a295fca"));
        }

        // Claude Code asks for these two by itself.
        Assert.Equal(200, (await SendAsync(_nexus.Proxy, "/api/hello")).Status);
        Assert.Equal(200, (await SendAsync(_nexus.Proxy, "/api/event_logging/batch")).Status);
    }

    [Theory]
    [InlineData("/api/requests?limit=abc", "limit")]
    [InlineData("/api/requests?limit=-1", "limit")]
    [InlineData("/api/requests?limit=1.5", "limit")]
    [InlineData("/api/requests?offset=x", "offset")]
    [InlineData("/api/requests?offset=99999999999", "offset")]
    [InlineData("/api/requests/not-a-uuid", "id")]
    [InlineData("/api/requests/not-a-uuid/body", "id")]
    [InlineData("/api/stats?since=yesterday", "since")]
    [InlineData("/api/stats?since=5", "since")]
    public async Task A_parameter_that_is_not_understood_is_400_and_named(string path, string name)
    {
        foreach (var port in Ports)
        {
            var (status, body) = await WithKeyAsync(port, path);
            Assert.Equal(400, status);
            using var json = JsonDocument.Parse(body);
            Assert.Equal("Invalid parameters", json.RootElement.GetProperty("error").GetString());
            Assert.StartsWith(name, json.RootElement.GetProperty("details")[0].GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Requests_are_listed_newest_first_in_the_shape_that_scripts_know()
    {
        var ids = new List<string>();
        foreach (var host in new[] { "one.example", "two.example", "one.example" })
            ids.Add(await StoredAsync(host));
        foreach (var port in Ports)
        {
            using var all = await JsonAsync(port, "/api/requests?limit=2");
            var first = all.RootElement.GetProperty("requests")[0];
            string[] fields = ["requestId", "domain", "model", "timestamp", "inputTokens", "outputTokens", "totalTokens", "durationMs", "responseStatus", "error", "requestType"];
            Assert.Empty(fields.Except(first.EnumerateObject().Select(field => field.Name)));
            Assert.Equal((ids[2], "one.example", "claude-opus-5-20260801", 10, 5, 15, 200), (first.GetProperty("requestId").GetString(), first.GetProperty("domain").GetString(), first.GetProperty("model").GetString(),
                first.GetProperty("inputTokens").GetInt32(), first.GetProperty("outputTokens").GetInt32(), first.GetProperty("totalTokens").GetInt32(), first.GetProperty("responseStatus").GetInt32()));
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", first.GetProperty("timestamp").GetString());
            Assert.Equal("""{"total":3,"limit":2,"offset":0,"hasMore":true}""", all.RootElement.GetProperty("pagination").GetRawText());
            using var rest = await JsonAsync(port, "/api/requests?limit=2&offset=2");
            Assert.Equal([ids[0]], rest.RootElement.GetProperty("requests").EnumerateArray().Select(row => row.GetProperty("requestId").GetString()));
            using var two = await JsonAsync(port, "/api/requests?domain=two.example");
            Assert.Equal((ids[1], """{"total":1,"limit":100,"offset":0,"hasMore":false}"""), (two.RootElement.GetProperty("requests")[0].GetProperty("requestId").GetString(), two.RootElement.GetProperty("pagination").GetRawText()));
            using var domains = await JsonAsync(port, "/api/domains");
            Assert.Equal("""[{"domain":"one.example","requestCount":2},{"domain":"two.example","requestCount":1}]""", domains.RootElement.GetProperty("domains").GetRawText());
        }
    }

    [Fact]
    public async Task The_list_ends_with_what_the_ledger_has_though_usage_of_older_times_is_kept()
    {
        var last = await StoredAsync("one.example");
        await StoredAsync("one.example");
        var old = TimeBuckets.StartOf(DateTimeOffset.UtcNow.AddDays(-400), TimeSpan.FromHours(1));
        await new SeededUsage(_nexus.Services.GetRequiredService<Database>().DataSource).AddAsync(old, "one.example", "", 5, requests: 7);
        using var whole = await JsonAsync(_nexus.Proxy, "/api/requests?limit=2&domain=one.example");
        Assert.Equal("""{"total":2,"limit":2,"offset":0,"hasMore":false}""", whole.RootElement.GetProperty("pagination").GetRawText());
        using var first = await JsonAsync(_nexus.Proxy, "/api/requests?limit=1");
        Assert.Equal("""{"total":2,"limit":1,"offset":0,"hasMore":true}""", first.RootElement.GetProperty("pagination").GetRawText());
        using var second = await JsonAsync(_nexus.Proxy, "/api/requests?limit=1&offset=1");
        Assert.Equal((last, """{"total":2,"limit":1,"offset":1,"hasMore":false}"""), (second.RootElement.GetProperty("requests")[0].GetProperty("requestId").GetString(), second.RootElement.GetProperty("pagination").GetRawText()));
        using var nowhere = await JsonAsync(_nexus.Proxy, "/api/requests?domain=two.example");
        Assert.Equal("""{"total":0,"limit":100,"offset":0,"hasMore":false}""", nowhere.RootElement.GetProperty("pagination").GetRawText());
    }

    [Fact]
    public async Task One_request_is_told_whole_and_its_bytes_are_the_ones_that_passed()
    {
        var id = await StoredAsync("one.example");
        foreach (var port in Ports)
        {
            using var one = await JsonAsync(port, "/api/requests/" + id);
            var root = one.RootElement;
            Assert.Equal((id, "Hi ☃", "Hello", 7), (root.GetProperty("requestId").GetString(), root.GetProperty("requestBody").GetProperty("messages")[0].GetProperty("content").GetString(),
                root.GetProperty("responseBody").GetProperty("content")[1].GetProperty("text").GetString(), root.GetProperty("usageData").GetProperty("cache_creation_input_tokens").GetInt32()));
            foreach (var field in new[] { "conversationId", "branchId", "parentRequestId" })
                Assert.True(root.TryGetProperty(field, out _), field);
            var chunks = root.GetProperty("streamingChunks").EnumerateArray().ToList();
            Assert.Equal(Streams.Whole, System.Text.Encoding.UTF8.GetBytes(string.Concat(chunks.Select(chunk => chunk.GetProperty("data").GetString()))));
            Assert.Equal(Enumerable.Range(0, chunks.Count), chunks.Select(chunk => chunk.GetProperty("chunkIndex").GetInt32()));
            Assert.All(chunks, chunk => Assert.EndsWith("Z", chunk.GetProperty("timestamp").GetString(), StringComparison.Ordinal));
            Assert.Equal((200, Body), await WithKeyAsync(port, $"/api/requests/{id}/body"));
            Assert.Equal((200, System.Text.Encoding.UTF8.GetString(Streams.Whole)), await WithKeyAsync(port, $"/api/requests/{id}/response"));
        }
    }

    [Fact]
    public async Task Statistics_add_up_by_domain_and_time()
    {
        await StoredAsync("one.example");
        await StoredAsync("two.example");
        foreach (var port in Ports)
        {
            using var all = await JsonAsync(port, "/api/stats");
            Assert.Equal((2, 30, 20, 10, 14, 200, 0, 2), (Number(all, "totalRequests"), Number(all, "totalTokens"), Number(all, "totalInputTokens"), Number(all, "totalOutputTokens"), Number(all, "totalCacheCreationTokens"), Number(all, "totalCacheReadTokens"), Number(all, "errorCount"), Number(all, "activeDomains")));
            Assert.Equal(("""{"claude-opus-5-20260801":2}""", true), (all.RootElement.GetProperty("requestsByModel").GetRawText(), all.RootElement.GetProperty("averageResponseTime").GetDouble() >= 0));
            Assert.Equal(2, all.RootElement.GetProperty("requestsByType").EnumerateObject().Sum(type => type.Value.GetInt32()));
            using var one = await JsonAsync(port, "/api/stats?domain=one.example&since=2026-01-01T00:00:00Z");
            Assert.Equal(1, Number(one, "totalRequests"));
            using var none = await JsonAsync(port, "/api/stats?since=2999-01-01T00:00:00.000Z");
            Assert.Equal((0, 0), (Number(none, "totalRequests"), Number(none, "averageResponseTime")));
        }
    }

    [Fact]
    public async Task With_the_database_away_the_api_says_503_and_never_that_the_key_is_wrong()
    {
        await using var away = await NexusApp.StartAsync(_upstream);
        foreach (var port in new[] { away.Proxy, away.Dashboard })
        {
            var (status, body) = await WithKeyAsync(port, "/api/requests");
            Assert.Equal(503, status);
            Assert.Contains("service_unavailable", body, StringComparison.Ordinal);
            Assert.Equal(401, (await SendAsync(port, "/api/requests")).Status);
        }
    }

    private static int Number(JsonDocument json, string name) => (int)json.RootElement.GetProperty(name).GetDouble();

    private async Task<string> StoredAsync(string host)
    {
        var id = await _nexus.MessageAsync(Body, host);
        await NexusApp.UntilAsync(async () => (await WithKeyAsync(_nexus.Proxy, "/api/requests/" + id)).Status == 200, "the request is stored");
        return id;
    }

    private static async Task<JsonDocument> JsonAsync(HttpClient port, string path)
    {
        var (status, body) = await WithKeyAsync(port, path);
        Assert.Equal(200, status);
        return JsonDocument.Parse(body);
    }

    private static Task<(int Status, string Body)> WithKeyAsync(HttpClient port, string path) => SendAsync(port, path, "X-Dashboard-Key", NexusApp.Key);

    private static async Task<(int Status, string Body)> SendAsync(HttpClient port, string path, string? name = null, string? value = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (name is not null)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await port.SendAsync(request);
        Assert.NotEqual(HttpStatusCode.InternalServerError, response.StatusCode);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
