using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Operations.Metrics;

/// <summary>Metrics are a process's: where their values count, Nexus has a process of its own.</summary>
public sealed class MetricsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-metrics-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Metrics_are_closed_to_strangers_and_open_to_the_dashboard_key_and_to_a_token_that_opens_nothing_else()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, settings: ("METRICS_TOKEN", "a-token-for-prometheus"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(nexus.Dashboard, "/metrics", null));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(nexus.Dashboard, "/metrics", "a-token-for-nothing"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(nexus.Dashboard, "/metrics", NexusApp.Key));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(nexus.Dashboard, "/metrics", "a-token-for-prometheus"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(nexus.Dashboard, "/api/stats", "a-token-for-prometheus"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(nexus.Proxy, "/metrics", NexusApp.Key));
        var session = await DashboardSession.StartAsync(nexus);
        Assert.Contains("# TYPE", await session.PageAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_is_in_the_metrics_with_its_tokens_times_and_cost_and_nothing_of_its_content()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("text/event-stream", Streams.Whole);
        await using var nexus = await KillableNexus.StartAsync(upstream.Url, _directory, await Postgres.NewDatabaseAsync());
        const string domain = "metered.example";
        await SendAsync(nexus, """{"model":"claude-opus-5","stream":true,"messages":[{"role":"user","content":"canary in the prompt"}]}""", domain);
        upstream.Replies("application/json", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""u8.ToArray(), 529);
        await SendAsync(nexus, """{"model":"canary-model","messages":[{"role":"user","content":"Hi"}]}""", domain);
        Scrape scrape = null!;
        await NexusApp.UntilAsync(async () => (scrape = await Scrape.TakeAsync(nexus.Dashboard)).Value("nexus_requests_total", ("domain", domain)) == 2, "both requests are counted");

        const string model = "claude-opus-5-20260801";
        Assert.Equal(1, scrape.Value("nexus_requests_total", ("domain", domain), ("model", model), ("outcome", "completed")));
        Assert.Equal(1, scrape.Value("nexus_requests_total", ("domain", domain), ("model", "_other"), ("outcome", "upstream_error")));
        foreach (var (kind, tokens) in new[] { ("input", 10), ("output", 5), ("cache_creation_5m", 3), ("cache_creation_1h", 4), ("cache_read", 100) })
            Assert.Equal(tokens, scrape.Value("nexus_tokens_total", ("domain", domain), ("class", kind)));
        Assert.Equal(117, scrape.Value("gen_ai_client_token_usage_sum", ("domain", domain), ("gen_ai_response_model", model), ("gen_ai_token_type", "input")));
        Assert.Equal(5, scrape.Value("gen_ai_client_token_usage_sum", ("domain", domain), ("gen_ai_token_type", "output")));
        Assert.Equal(1, scrape.Value("gen_ai_client_operation_duration_seconds_count", ("domain", domain), ("error_type", "overloaded_error")));
        Assert.Equal(1, scrape.Value("gen_ai_server_time_to_first_token_seconds_count", ("domain", domain)));
        Assert.True(scrape.Value("nexus_cost_total", ("domain", domain)) > 0);
        Assert.True(scrape.Value("nexus_ingest_linking_seconds_total") > 0);
        Assert.DoesNotContain("canary", scrape.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-ant", scrape.Text, StringComparison.Ordinal);
        // Looking does not count.
        Assert.Null(scrape.Value("http_server_request_duration_seconds_count", ("http_route", "/metrics")));
    }

    [Fact]
    public async Task Answers_of_the_gateway_itself_are_counted_by_status_and_type()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await KillableNexus.StartAsync(upstream.Url, _directory, "postgres://nobody@127.0.0.1:9/x", ("ENABLE_CLIENT_AUTH", "true"));
        using var refused = await nexus.Proxy.GetAsync("/v1/models");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        var scrape = await Scrape.TakeAsync(nexus.Dashboard);
        Assert.Equal(1, scrape.Value("nexus_refusals_total", ("status", "401"), ("error_type", "authentication_error")));
        Assert.Equal(1, scrape.Value("nexus_callers_unknown_total"));
        Assert.Equal(0, scrape.Value("nexus_database_up"));
    }

    private static async Task SendAsync(KillableNexus nexus, string body, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Host = host;
        request.Headers.TryAddWithoutValidation("x-api-key", "sk-ant-own");
        using var response = await nexus.Proxy.SendAsync(request);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }
}
