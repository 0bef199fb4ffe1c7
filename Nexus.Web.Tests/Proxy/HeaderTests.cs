using System.IO.Compression;
using System.Text;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy;

public sealed class HeaderTests : IAsyncLifetime
{
    private readonly RawUpstream _upstream = RawUpstream.Start();
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream.Answer = exchange => exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        _nexus = await NexusApp.StartAsync(_upstream.Url);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        _upstream.Dispose();
    }

    [Fact]
    public async Task Every_header_goes_up_with_its_lines_bytes_and_casing_and_nothing_else_does()
    {
        const string Sent = "anthropic-beta: a,b\r\nAnthropic-Version: 2023-06-01\r\nX-Odd_Case: 1\r\nx-many: one, two\r\nX-Latin: caf\u00e9 \u00a7\r\nX-Empty: \r\nCookie: a=b; c=d\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nUser-Agent: x (a; b)/1\r\n";
        Assert.Equal(200, (await AskAsync(RawClient.Request("POST", "/v1/messages", Sent, "{}"))).Status);
        var received = Assert.Single(_upstream.Requests).Headers.Where(header => header.Name is not ("Host" or "Content-Length")).ToList();
        var expected = (Sent + "x-api-key: sk-ant-own\r\n").TrimEnd().Split("\r\n").Select(line => line.Split(": ", 2)).Select(pair => (pair[0], pair[1].TrimEnd())).ToList();
        Assert.Equal(Sorted(expected), Sorted(received));
        Assert.Equal(new Uri(_upstream.Url).Authority, _upstream.Requests.First().Header("host"));
    }

    [Fact]
    public async Task Lines_of_one_name_go_up_in_their_order()
    {
        await AskAsync(RawClient.Request("GET", "/v1/models", "x-many: one\r\nx-many: two, three\r\nx-many: \r\nx-many: four\r\n"));
        // HTTP lets a gateway join them, and .NET does.
        Assert.Equal("one, two, three, , four", string.Join(", ", Assert.Single(_upstream.Requests).All("x-many")));
    }

    [Fact]
    public async Task What_belongs_to_one_connection_stays_on_it()
    {
        await AskAsync(RawClient.Request("POST", "/v1/messages", "Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nProxy-Authorization: Basic eA==\r\nX-Dashboard-Key: secret\r\n", "{}"));
        var names = Assert.Single(_upstream.Requests).Headers.Select(header => header.Name.ToLowerInvariant()).Order();
        Assert.Equal(["content-length", "host", "x-api-key"], names);
    }

    [Fact]
    public async Task Every_header_comes_back_with_its_lines_and_bytes_and_one_is_added()
    {
        const string Headers = "Date: Wed, 25 Nov 2026 09:00:00 GMT\r\nContent-Type: application/json\r\nrequest-id: req_1\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nX-Latin: caf\u00e9\r\nanthropic-ratelimit-requests-remaining: 7\r\nServer: upstream\r\nVia: 1.1 edge\r\nContent-Length: 2\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n";
        _upstream.Answer = exchange => exchange.SendAsync("HTTP/1.1 200 OK\r\n" + Headers + "\r\n{}");
        var answer = await AskAsync(RawClient.Request("GET", "/v1/models"));
        var expected = Headers.TrimEnd().Split("\r\n").Select(line => line.Split(": ", 2)).Select(pair => (pair[0], pair[1]))
            .Where(pair => pair.Item1 is not ("Connection" or "Keep-Alive" or "X-Hop"));
        Assert.Equal(Sorted(expected), Sorted(answer.Headers.Where(header => header.Name != "x-nexus-request-id")));
        Assert.True(Guid.TryParse(answer.Header("x-nexus-request-id"), out _));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task An_encoded_body_and_answer_pass_as_they_are(string encoding)
    {
        var packed = Pack(encoding, Streams.Whole);
        _upstream.Answer = async exchange =>
        {
            await exchange.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: {encoding}\r\nTransfer-Encoding: chunked\r\n\r\n");
            foreach (var some in packed.Chunk(37))
                await exchange.SendAsync([.. Encoding.ASCII.GetBytes($"{some.Length:x}\r\n"), .. some, .. "\r\n"u8]);
            await exchange.SendAsync("0\r\n\r\n");
        };
        using var client = await RawClient.ConnectAsync(_nexus.Proxy.BaseAddress!);
        await client.SendAsync(RawClient.Request("POST", "/v1/messages", $"Content-Encoding: {encoding}\r\nContent-Length: {packed.Length}\r\n"));
        await client.SendAsync(packed);
        var answer = await client.ReadAsync();
        Assert.Equal(packed, answer.Body);
        Assert.Equal(encoding, answer.Header("content-encoding"));
        Assert.Equal(packed, Assert.Single(_upstream.Requests).Body);
        Assert.Equal(encoding, _upstream.Requests.First().Header("content-encoding"));
    }

    [Fact]
    public async Task Headers_as_large_as_real_ones_get_pass()
    {
        var many = string.Concat(Enumerable.Range(0, 150).Select(i => $"X-Many-{i}: {new string('v', 200)}\r\n"));
        Assert.Equal(200, (await AskAsync(RawClient.Request("GET", "/v1/models", many))).Status);
        Assert.Equal(150, Assert.Single(_upstream.Requests).Headers.Count(header => header.Name.StartsWith("X-Many-", StringComparison.Ordinal)));
    }

    private static byte[] Pack(string encoding, byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (Stream packer = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            _ => new ZstdSharp.CompressionStream(packed, leaveOpen: true),
        })
            packer.Write(bytes);
        return packed.ToArray();
    }

    private async Task<RawMessage> AskAsync(string request)
    {
        using var client = await RawClient.ConnectAsync(_nexus.Proxy.BaseAddress!);
        await client.SendAsync(request);
        return await client.ReadAsync();
    }

    /// <summary>Without the names' case: .NET writes the names that it knows in its own, which HTTP allows.</summary>
    private static List<(string Name, string Value)> Sorted(IEnumerable<(string Name, string Value)> headers) => [.. headers.Select(header => (header.Name.ToLowerInvariant(), header.Value)).Order()];
}
