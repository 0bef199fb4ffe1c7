using System.Text;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Operations.Metrics;

public sealed class OtlpTests
{
    [Fact]
    public async Task Metrics_and_spans_reach_a_collector_in_the_callers_trace_without_content_and_nothing_of_it_goes_upstream()
    {
        await using var collector = await FakeAnthropic.StartAsync();
        collector.Replies("application/x-protobuf", []);
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("text/event-stream", Streams.Whole);
        var directory = Directory.CreateTempSubdirectory("nexus-otlp-");
        await using (var nexus = await KillableNexus.StartAsync(upstream.Url, directory.FullName, await Postgres.NewDatabaseAsync(),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer for-the-collector"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "300"), ("OTEL_BSP_SCHEDULE_DELAY", "300"), ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=a-test")))
        {
            await nexus.ReadyAsync();
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent("""{"model":"claude-opus-5","stream":true,"messages":[{"role":"user","content":"canary in the prompt"}]}""", Encoding.UTF8, "application/json") };
            request.Headers.Host = "traced.example";
            request.Headers.TryAddWithoutValidation("x-api-key", "sk-ant-canary");
            request.Headers.TryAddWithoutValidation("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
            using var response = await nexus.Proxy.SendAsync(request);
            var id = response.Headers.GetValues("x-nexus-request-id").Single();
            var trace = Encoding.Latin1.GetString(Convert.FromHexString("0af7651916cd43dd8448eb211c80319c"));
            await NexusApp.UntilAsync(() => Task.FromResult(Sent("/v1/traces").Any(sent => sent.Contains("chat claude-opus-5-20260801", StringComparison.Ordinal) && sent.Contains(trace, StringComparison.Ordinal) && sent.Contains(id, StringComparison.Ordinal))), "the request's span is at the collector");
            await NexusApp.UntilAsync(() => Task.FromResult(Sent("/v1/metrics").Any(sent => sent.Contains("gen_ai.client.token.usage", StringComparison.Ordinal) && sent.Contains("traced.example", StringComparison.Ordinal))), "the request's tokens are at the collector");
            using var page = await nexus.Dashboard.SendAsync(new(HttpMethod.Get, "/api/stats?domain=canary") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } });
            Assert.True(page.IsSuccessStatusCode);
            await NexusApp.UntilAsync(() => Task.FromResult(Sent("/v1/traces").Any(sent => sent.Contains("/api/stats", StringComparison.Ordinal))), "the API's span is at the collector");
        }

        Assert.Contains(Sent("/v1/metrics"), sent => sent.Contains("a-test", StringComparison.Ordinal));
        Assert.All(collector.Requests, received => Assert.Equal("Bearer for-the-collector", received.Header("authorization")));
        Assert.DoesNotContain(Sent("/"), sent => sent.Contains("canary", StringComparison.Ordinal));
        // The caller's own header goes through as it came, as every header does; Nexus adds none.
        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", upstream.Requests.Single().Header("traceparent"));
        directory.Delete(recursive: true);

        IEnumerable<string> Sent(string path) => collector.Requests.Where(received => received.Target.StartsWith(path, StringComparison.Ordinal)).Select(received => Encoding.Latin1.GetString(received.Body));
    }
}
