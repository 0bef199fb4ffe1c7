using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Credentials;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy.Pooling;

public sealed class HeldAnswerTests : IAsyncLifetime
{
    private PoolNexus _nexus = null!;

    public async Task InitializeAsync() => _nexus = await PoolNexus.StartAsync();

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100000\r\n\r\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n")]
    [InlineData("HTTP/1.1 529 X\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{\"type\":\"error\"")]
    public async Task A_failed_answer_whose_end_does_not_come_keeps_nobody_from_another_account(string failed)
    {
        _nexus.Upstreams[0].Answer = async exchange =>
        {
            await exchange.SendAsync(failed);
            await exchange.LeftAsync();
        };
        Assert.Equal((200, PoolNexus.Sound), await _nexus.AskAsync(PoolNexus.Pool) is var answer ? (answer.Status, answer.Text) : default);
        Assert.Single(_nexus.Upstreams[1].Requests);
    }

    [Fact]
    public async Task A_refusal_of_a_credential_that_was_replaced_meanwhile_isolates_nobody()
    {
        var file = Path.Combine(_nexus.App.CredentialsDirectory, PoolNexus.Pool + ".credentials.json");
        var (files, id) = (_nexus.App.Services.GetRequiredService<CredentialFiles>(), _nexus[0].Id);
        _nexus.Upstreams[0].Answer = async exchange =>
        {
            await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("sk-ant-" + id, "sk-ant-next", StringComparison.Ordinal));
            await NexusApp.UntilAsync(() => Task.FromResult(files.Find(PoolNexus.Pool)!.Accounts[0].Secret == "sk-ant-next"), "the account has its next secret");
            await exchange.SendAsync(PoolNexus.Error(401, "authentication_error"));
        };
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool)).Status);
        Assert.Empty(_nexus[0].Status.Cooldowns);
        _nexus.Upstreams[0].Answer = exchange => exchange.SendAsync(PoolNexus.Error(401, "authentication_error"));
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool)).Status);
        Assert.True(_nexus[0].Status.Cooldowns.Single().IsIsolation);
    }

    [Fact]
    public async Task The_holder_of_a_thread_is_learned_from_a_compressed_answer()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(Encoding.ASCII.GetBytes(PoolNexus.Sound));
        _nexus.Upstreams[0].Answer = exchange => exchange.SendAsync(PoolNexus.Error(529, "overloaded_error"));
        _nexus.Upstreams[1].Answer = async exchange =>
        {
            await exchange.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: {packed.Length}\r\n\r\n");
            await exchange.SendAsync(packed.ToArray());
        };
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool, """{"model":"claude-opus-5","stream":true,"thread":{"type":"create"},"messages":[]}""")).Status);
        _nexus.Reset();
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool, """{"model":"claude-opus-5","stream":true,"thread":{"type":"continue","previous_message_id":"msg_1"},"messages":[]}""")).Status);
        Assert.Single(_nexus.Upstreams[1].Requests);
    }
}
