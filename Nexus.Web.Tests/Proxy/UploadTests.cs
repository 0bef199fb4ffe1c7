using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Nexus.Web.Tests.Infrastructure;
using Xunit;
using Xunit.Abstractions;

namespace Nexus.Web.Tests.Proxy;

public sealed class UploadTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Size = 300 << 20;
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-upload-").FullName;
    private FakeAnthropic _upstream = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", "{}"u8.ToArray());
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Uploads_of_300_MB_pass_unchanged_with_a_length_and_chunked_and_take_no_memory()
    {
        await using var nexus = await KillableNexus.StartAsync(_upstream.Url, _directory, "postgres://nobody@127.0.0.1:9/x");
        foreach (var chunked in new[] { false, true })
        {
            _upstream.Requests.Clear();
            var sent = await UploadAsync(nexus, chunked);
            var received = Assert.Single(_upstream.Requests);
            Assert.Equal((sent, (long)Size), (received.BodySha256, received.BodyLength));
            Assert.Equal(chunked ? null : Size.ToString(CultureInfo.InvariantCulture), received.Header("content-length"));
        }

        var most = nexus.Memory("VmHWM");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory at most {most >> 20} MiB"));
        Assert.InRange(most, 0, 300L << 20);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task An_answer_of_300_MB_passes_unchanged_and_takes_no_memory()
    {
        var block = RandomNumberGenerator.GetBytes(1 << 20);
        _upstream.Answer = async context =>
        {
            context.Response.StatusCode = 200;
            context.Response.ContentType = "application/octet-stream";
            for (var i = 0; i < Size >> 20; i++)
                await context.Response.Body.WriteAsync(block);
        };
        await using var nexus = await KillableNexus.StartAsync(_upstream.Url, _directory, "postgres://nobody@127.0.0.1:9/x");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/files/f_1/content") { Headers = { { "x-api-key", "sk-ant-own" } } };
        using var response = await nexus.Proxy.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < Size >> 20; i++)
            expected.AppendData(block);
        Assert.Equal(expected.GetHashAndReset(), await SHA256.HashDataAsync(await response.Content.ReadAsStreamAsync()));
        var most = nexus.Memory("VmHWM");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory at most {most >> 20} MiB"));
        Assert.InRange(most, 0, 300L << 20);
    }

    private static async Task<string> UploadAsync(KillableNexus nexus, bool chunked)
    {
        using var client = await RawClient.ConnectAsync(nexus.Proxy.BaseAddress!);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = RandomNumberGenerator.GetBytes(1 << 20);
        await client.SendAsync(RawClient.Request("POST", "/v1/files", chunked ? "Transfer-Encoding: chunked\r\n" : $"Content-Length: {Size}\r\n"));
        for (var i = 0; i < Size >> 20; i++)
        {
            hash.AppendData(block);
            await client.SendAsync(chunked ? [.. Encoding.ASCII.GetBytes("100000\r\n"), .. block, .. "\r\n"u8] : block);
        }

        if (chunked)
            await client.SendAsync("0\r\n\r\n");
        Assert.Equal(200, (await client.ReadAsync()).Status);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
