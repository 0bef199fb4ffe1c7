using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy;

public sealed class FidelityTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(120_000)]
    [InlineData(32 << 20)]
    public async Task Request_and_answer_bytes_of_any_size_pass_unchanged(int size)
    {
        var sent = RandomNumberGenerator.GetBytes(size);
        var answer = RandomNumberGenerator.GetBytes(size);
        _upstream.Replies("application/json", answer);
        var received = await PostAsync("/v1/messages?beta=true&x=%2F", new ByteArrayContent(sent));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(sent)), Assert.Single(_upstream.Requests).BodySha256);
        Assert.Equal("/v1/messages?beta=true&x=%2F", _upstream.Requests.First().Target);
        Assert.Equal(answer, received);
    }

    [Theory]
    [InlineData("/v1/models/a%2Fb%20c%25?x=%2F%20", "/v1/models/a%2Fb%20c%25?x=%2F%20")]
    [InlineData("/v1/files/%2e%2e/models?x=%2F", "/v1/models?x=%2F")]
    public async Task An_escaped_target_passes_as_it_was_written_unless_it_climbs(string sent, string received)
    {
        _upstream.Replies("application/json", "{}"u8.ToArray());
        var target = new Uri(_nexus.Proxy.BaseAddress!.ToString().TrimEnd('/') + sent, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Get, target) { Headers = { { "x-api-key", "sk-ant-own" } } };
        using var response = await _nexus.Proxy.SendAsync(request);
        Assert.Equal(received, Assert.Single(_upstream.Requests).Target);
    }

    [Fact]
    public async Task A_body_one_byte_over_the_limit_is_refused_with_413_in_Anthropics_envelope()
    {
        using var response = await SendAsync("/v1/messages", new ByteArrayContent(new byte[(32 << 20) + 1]));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("\"type\":\"request_too_large\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(_upstream.Requests);
    }

    [Fact]
    public async Task A_300_MB_upload_streams_through_other_paths()
    {
        _upstream.Replies("application/json", "{}"u8.ToArray());
        var length = 300L << 20;
        await PostAsync("/v1/files", new StreamContent(new RepeatingStream(length)));
        Assert.Equal(length, Assert.Single(_upstream.Requests).BodyLength);
    }

    [Fact]
    public async Task A_compressed_answer_passes_with_its_encoding()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Streams.Whole);
        _upstream.Replies("text/event-stream", packed.ToArray(), headers: ("Content-Encoding", "gzip"));
        using var response = await SendAsync("/v1/messages", new StringContent("{}"));
        Assert.Equal("gzip", response.Content.Headers.ContentEncoding.Single());
        Assert.Equal(packed.ToArray(), await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Headers_go_up_as_the_client_sent_them_and_nothing_is_added()
    {
        _upstream.Replies("application/json", "{}"u8.ToArray());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer sk-ant-own");
        request.Headers.TryAddWithoutValidation("anthropic-version", "2026-10-21");
        request.Headers.TryAddWithoutValidation("anthropic-beta", "b-1,a-2");
        request.Headers.TryAddWithoutValidation("X-Claude-Code-Session-Id", "s-1");
        using var response = await _nexus.Proxy.SendAsync(request);
        var names = _upstream.Requests.Single().Headers.Select(header => header.Key.ToLowerInvariant()).Order();
        Assert.Equal(["anthropic-beta", "anthropic-version", "authorization", "content-length", "content-type", "host", "x-claude-code-session-id"], names);
        Assert.Equal("b-1,a-2", _upstream.Requests.Single().Header("anthropic-beta"));
        Assert.Equal("Bearer sk-ant-own", _upstream.Requests.Single().Header("authorization"));
    }

    [Fact]
    public async Task An_upstream_error_passes_with_its_status_headers_and_bytes()
    {
        var body = """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"""u8.ToArray();
        _upstream.Replies("application/json", body, 529, ("retry-after", "7"), ("request-id", "req_1"), ("x-should-retry", "true"));
        using var response = await SendAsync("/v1/messages", new StringContent("{}"));
        Assert.Equal(529, (int)response.StatusCode);
        Assert.Equal("7", response.Headers.GetValues("retry-after").Single());
        Assert.Equal("req_1", response.Headers.GetValues("request-id").Single());
        Assert.Equal("true", response.Headers.GetValues("x-should-retry").Single());
        Assert.True(Guid.TryParse(response.Headers.GetValues("x-nexus-request-id").Single(), out _));
        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Client_receives_each_event_before_the_next_is_sent_upstream()
    {
        using var received = new SemaphoreSlim(0);
        _upstream.Answer = async context =>
        {
            context.Response.StatusCode = 200;
            context.Response.ContentType = "text/event-stream";
            foreach (var item in Streams.Events)
            {
                await context.Response.WriteAsync(item);
                await context.Response.Body.FlushAsync();
                Assert.True(await received.WaitAsync(TimeSpan.FromSeconds(60)));
            }
        };
        using var response = await SendAsync("/v1/messages", new StringContent("{}"), HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        foreach (var item in Streams.Events)
        {
            var bytes = new byte[Encoding.UTF8.GetByteCount(item)];
            await stream.ReadExactlyAsync(bytes);
            Assert.Equal(item, Encoding.UTF8.GetString(bytes));
            received.Release();
        }

        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task A_client_that_leaves_cancels_the_upstream()
    {
        _upstream.Answer = async context =>
        {
            context.Response.StatusCode = 200;
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(Streams.Events[0]);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var response = await SendAsync("/v1/messages", new StringContent("{}"), HttpCompletionOption.ResponseHeadersRead);
        response.Dispose();
        await _upstream.Aborted.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task An_upstream_cut_destroys_the_clients_connection()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _upstream.Answer = async context =>
        {
            context.Response.StatusCode = 200;
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(Streams.Events[0]);
            await context.Response.Body.FlushAsync();
            await begun.Task;
            context.Abort();
        };
        using var response = await SendAsync("/v1/messages", new StringContent("{}"), HttpCompletionOption.ResponseHeadersRead);
        begun.SetResult();
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_silent_upstream_is_answered_504()
    {
        await using var impatient = await NexusApp.StartAsync(_upstream, settings: ("CLAUDE_API_TIMEOUT", "1000"));
        _upstream.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        using var request = Request("/v1/messages", new StringContent("{}"));
        using var response = await impatient.Proxy.SendAsync(request);
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Contains("timeout_error", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static HttpRequestMessage Request(string path, HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.TryAddWithoutValidation("x-api-key", "sk-ant-own");
        return request;
    }

    private Task<HttpResponseMessage> SendAsync(string path, HttpContent content, HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead) =>
        _nexus.Proxy.SendAsync(Request(path, content), completion);

    private async Task<byte[]> PostAsync(string path, HttpContent content)
    {
        using var response = await SendAsync(path, content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsByteArrayAsync();
    }

    private sealed class RepeatingStream(long length) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException("Sent chunked.");
        public override long Position { get => throw new NotSupportedException("Read once."); set => throw new NotSupportedException("Read once."); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, _left);
            buffer.AsSpan(offset, read).Fill(42);
            _left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("Read once.");
        public override void SetLength(long value) => throw new NotSupportedException("Read once.");
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read once.");
    }
}
