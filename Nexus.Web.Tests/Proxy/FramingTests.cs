using System.Globalization;
using System.Text;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy;

/// <summary>HTTP's rarer forms, written byte for byte on a socket on both sides of Nexus.</summary>
public sealed class FramingTests : IAsyncLifetime
{
    private readonly RawUpstream _upstream = RawUpstream.Start();
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream.Answer = exchange => exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
        _nexus = await NexusApp.StartAsync(_upstream.Url);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        _upstream.Dispose();
    }

    [Fact]
    public async Task HEAD_has_the_length_and_no_body_and_the_connection_goes_on()
    {
        _upstream.Answer = exchange => exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12345\r\n\r\n");
        using var client = await ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(RawClient.Request("HEAD", "/v1/models"));
            var answer = await client.ReadAsync(bodyless: true);
            Assert.Equal((200, "12345"), (answer.Status, answer.Header("content-length")));
            _upstream.Answer = exchange => exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n");
        }

        Assert.StartsWith("HEAD /v1/models ", _upstream.Requests.First().FirstLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OPTIONS")]
    [InlineData("PURGE")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task Any_method_passes(string method)
    {
        Assert.Equal(200, (await AskAsync(RawClient.Request(method, "/v1/files/f_1"))).Status);
        Assert.StartsWith(method + " /v1/files/f_1 ", Assert.Single(_upstream.Requests).FirstLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OPTIONS", "*")]
    [InlineData("CONNECT", "evil.example:443")]
    [InlineData("DELETE", "/")]
    [InlineData("POST", "/health")]
    [InlineData("GET", "/css/app.css")]
    [InlineData("GET", "/dashboard")]
    [InlineData("GET", "/dashboard/requests")]
    [InlineData("GET", "/jobs")]
    [InlineData("GET", "/v2/messages")]
    [InlineData("GET", "/lib/htmx.min.js")]
    public async Task What_the_port_does_not_serve_is_unknown_in_Anthropics_envelope(string method, string target)
    {
        var answer = await AskAsync($"{method} {target} HTTP/1.1\r\nHost: {(method == "CONNECT" ? target : "one.example")}\r\n\r\n");
        Assert.Equal(404, answer.Status);
        Assert.Contains("\"type\":\"not_found_error\"", answer.Text, StringComparison.Ordinal);
        Assert.NotNull(answer.Header("x-nexus-request-id"));
        Assert.Empty(_upstream.Requests);
    }

    [Theory]
    [InlineData("POST", "/v1/messages")]
    [InlineData("GET", "/v1/models")]
    public async Task The_api_is_unknown_on_the_dashboards_port(string method, string target)
    {
        using var client = await RawClient.ConnectAsync(_nexus.Dashboard.BaseAddress!);
        await client.SendAsync(RawClient.Request(method, target));
        Assert.Equal(404, (await client.ReadAsync()).Status);
        Assert.Empty(_upstream.Requests);
    }

    [Theory]
    [InlineData("?a=b|c\"d&e={f}&g=[h]&i=\\^`'()*!$,;:@/?&&==&j")]
    [InlineData("?a=%00%ff%2F%zz+%20&A=%C3%A9")]
    [InlineData("?")]
    public async Task A_query_passes_byte_for_byte(string query)
    {
        Assert.Equal(200, (await AskAsync(RawClient.Request("GET", "/v1/models" + query))).Status);
        Assert.Equal($"GET /v1/models{query} HTTP/1.1", Assert.Single(_upstream.Requests).FirstLine);
    }

    [Theory]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("my_gateway:3000")]
    public async Task Any_name_a_host_may_have_passes(string host) =>
        Assert.Equal(200, (await AskAsync($"GET /v1/models HTTP/1.1\r\nHost: {host}\r\nx-api-key: sk-ant-own\r\n\r\n")).Status);

    [Fact]
    public async Task A_very_long_query_passes()
    {
        var query = "?x=" + new string('y', 40_000);
        Assert.Equal(200, (await AskAsync(RawClient.Request("GET", "/v1/models" + query))).Status);
        Assert.Equal($"GET /v1/models{query} HTTP/1.1", Assert.Single(_upstream.Requests).FirstLine);
    }

    [Fact]
    public async Task A_target_in_absolute_form_is_the_same_request()
    {
        Assert.Equal(200, (await AskAsync(RawClient.Request("GET", "http://one.example/v1/models?x=1"))).Status);
        Assert.Equal("GET /v1/models?x=1 HTTP/1.1", Assert.Single(_upstream.Requests).FirstLine);
    }

    [Theory]
    [InlineData("/v1/messages")]
    [InlineData("/v1/files")]
    public async Task A_chunked_body_arrives_whole_and_its_extensions_and_trailers_disturb_nothing(string path)
    {
        var answer = await AskAsync(RawClient.Request("POST", path, "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n") + "5;ext=1\r\n{\"a\":\r\n2\r\n1}\r\n0\r\nX-Sum: 7\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal("{\"a\":1}", Assert.Single(_upstream.Requests).Text);
    }

    [Fact]
    public async Task Trailers_of_an_answer_disturb_nothing()
    {
        _upstream.Answer = exchange => exchange.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\n{}\r\n0\r\nX-Sum: 7\r\n\r\n");
        using var client = await ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(RawClient.Request("POST", "/v1/messages", body: "{}"));
            Assert.Equal((true, "{}"), (await client.ReadAsync()) is var answer ? (answer.Whole, answer.Text) : default);
        }
    }

    [Theory]
    [InlineData("/v1/messages")]
    [InlineData("/v1/files")]
    public async Task An_empty_body_passes_as_none(string path)
    {
        Assert.Equal(200, (await AskAsync(RawClient.Request("POST", path, "Content-Length: 0\r\n"))).Status);
        Assert.Empty(Assert.Single(_upstream.Requests).Body);
    }

    [Theory]
    [InlineData("/v1/messages")]
    [InlineData("/v1/files")]
    public async Task A_caller_that_waits_for_100_continue_gets_it(string path)
    {
        _upstream.Answer = exchange => exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        using var client = await ConnectAsync();
        await client.SendAsync(RawClient.Request("POST", path, "Expect: 100-continue\r\nContent-Length: 7\r\n"));
        // A streamed body is waited for until the upstream, which says nothing here, has had its second.
        Assert.Equal(100, (await client.ReadAsync()).Status);
        await client.SendAsync("{\"a\":1}");
        Assert.Equal(200, (await client.ReadAsync()).Status);
        Assert.Equal("{\"a\":1}", Assert.Single(_upstream.Requests).Text);
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_their_order()
    {
        _upstream.Answer = async exchange =>
        {
            await Task.Delay(exchange.Request.Text == "1" ? 300 : 0);
            await exchange.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{exchange.Request.Text}");
        };
        using var client = await ConnectAsync();
        await client.SendAsync(string.Concat(Enumerable.Range(1, 5).Select(i => RawClient.Request("POST", "/v1/messages", body: i.ToString(CultureInfo.InvariantCulture)))));
        for (var i = 1; i <= 5; i++)
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), (await client.ReadAsync()).Text);
    }

    [Fact]
    public async Task Both_framings_at_once_reach_the_upstream_as_one_request_with_one_framing()
    {
        using var client = await ConnectAsync();
        await client.SendAsync(RawClient.Request("POST", "/v1/messages", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n") + "2\r\n{}\r\n0\r\n\r\n");
        await client.TryReadAsync();
        foreach (var request in _upstream.Requests)
            Assert.Single(request.Headers, header => header.Name is "Content-Length" or "Transfer-Encoding");
        Assert.InRange(_upstream.Requests.Count, 0, 1);
    }

    [Theory]
    [InlineData("GET /v1/models HTTP/1.1\r\nx-api-key: k\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: a\r\nHost: b\r\nx-api-key: k\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: a b\r\nx-api-key: k\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: ../../etc\r\nx-api-key: k\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: xn--\r\nx-api-key: k\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: a..b\r\nx-api-key: k\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.0\r\nx-api-key: k\r\n\r\n")]
    [InlineData("POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\nx-api-key: k\r\n\r\n{}")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: a\r\nx-api-key: k\0\r\n\r\n")]
    public async Task What_is_no_request_is_400_and_goes_nowhere(string request)
    {
        Assert.Equal(400, (await AskAsync(request)).Status);
        Assert.Empty(_upstream.Requests);
    }

    [Fact]
    public async Task Slow_callers_with_great_promises_do_not_keep_the_others_out()
    {
        var slow = new List<RawClient>();
        for (var i = 0; i < 60; i++)
        {
            slow.Add(await ConnectAsync());
            await slow[^1].SendAsync(RawClient.Request("POST", "/v1/messages", $"Content-Length: {32 << 20}\r\n") + "{");
        }

        for (var i = 0; i < 5; i++)
        {
            await Task.WhenAll(slow.Select(client => client.SendAsync("x")));
            Assert.Equal(200, (await AskAsync(RawClient.Request("POST", "/v1/messages", body: "{}"))).Status);
        }

        slow.ForEach(client => client.Dispose());
    }

    private Task<RawClient> ConnectAsync() => RawClient.ConnectAsync(_nexus.Proxy.BaseAddress!);

    private async Task<RawMessage> AskAsync(string request)
    {
        using var client = await ConnectAsync();
        await client.SendAsync(request);
        return await client.ReadAsync();
    }
}
