using System.Text;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Capture;

/// <summary>A journal that cannot be written, or is too large: callers never notice, and the ledger keeps its rows.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-full-").FullName;
    private FakeAnthropic _upstream = null!;
    private string _database = "";
    private StoredRequests _stored = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        _database = await Postgres.NewDatabaseAsync();
        _stored = StoredRequests.Open(_database);
    }

    public async Task DisposeAsync()
    {
        await _stored.DisposeAsync();
        await _upstream.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_the_disk_refuses_writes_callers_are_served_and_their_rows_come_when_it_takes_them_again(bool writtenBefore)
    {
        // The runtime maps its code through a file, which the limit would hit.
        await using var nexus = await KillableNexus.StartAsync(_upstream.Url, _directory, _database, ("DOTNET_EnableWriteXorExecute", "0"));
        await nexus.ReadyAsync();
        var ids = new List<Guid>();
        if (writtenBefore)
        {
            ids.Add(await AskAsync(nexus));
            await _stored.RowAsync(ids[0]);
        }

        await nexus.LimitFilesAsync(0);
        for (var i = 0; i < 20; i++)
            ids.Add(await AskAsync(nexus));
        var (status, health) = await KillableNexus.HealthAsync(nexus.Proxy);
        Assert.Equal((200, "degraded", false), (status, health["status"]!.GetValue<string>(), health["journal"]!["writable"]!.GetValue<bool>()));
        await Task.Delay(2500);
        ids.Add(await AskAsync(nexus));

        await nexus.LimitFilesAsync(null);
        for (var i = 0; i < 5; i++)
            ids.Add(await AskAsync(nexus));
        foreach (var id in ids)
            Assert.Equal(("completed", 10L, 5L, 100L), (await _stored.RowAsync(id)) is var row ? (row.Outcome, row.Input, row.Output, row.CacheRead) : default);
        await NexusApp.UntilAsync(async () => (await KillableNexus.HealthAsync(nexus.Proxy)).Body["status"]!.GetValue<string>() == "healthy", "it is healthy again");
        // Nothing pins the segments: what is stored is deleted.
        Assert.Single(Directory.GetFiles(Path.Combine(_directory, "journal"), "*.journal"));
        Assert.Equal(ids.Count, (await _stored.AllAsync()).Count);
        await _stored.RollupsEqualTheLedgerAsync();
    }

    [Fact]
    public async Task Past_JOURNAL_MAX_BYTES_payloads_are_shed_and_rows_keep_their_true_token_counts()
    {
        List<Guid> kept = [], shed = [];
        await using (var away = await NexusApp.StartAsync(_upstream, null, _directory, ("JOURNAL_MAX_BYTES", "67108864")))
        {
            for (var i = 0; i < 3; i++)
                kept.Add(Guid.Parse(await away.MessageAsync(new string('x', 25 << 20))));
            var text = new string('t', 200_000);
            shed.Add(Guid.Parse(await away.MessageAsync("{}")));
            _upstream.Replies("text/event-stream", Encoding.UTF8.GetBytes(string.Concat(Streams.Events[..7]) + $"event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}}}\n\n" + string.Concat(Streams.Events[7..])));
            shed.Add(Guid.Parse(await away.MessageAsync("{}")));
            _upstream.Replies("application/json", Encoding.UTF8.GetBytes($$$"""{"id":"m","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"{{{text}}}"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":5,"cache_read_input_tokens":100}}"""));
            shed.Add(Guid.Parse(await away.MessageAsync("{}")));
            using var packed = new MemoryStream();
            using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.NoCompression, leaveOpen: true))
                gzip.Write(Encoding.UTF8.GetBytes(string.Concat(Streams.Events[..10]) + ": " + text + "\n\n" + string.Concat(Streams.Events[10..])));
            _upstream.Replies("text/event-stream", packed.ToArray(), headers: ("Content-Encoding", "gzip"));
            shed.Add(Guid.Parse(await away.MessageAsync("{}")));
            var (_, health) = await KillableNexus.HealthAsync(away.Proxy);
            Assert.Equal(4, health["journal"]!["shed"]!.GetValue<long>());
        }

        await using var back = await NexusApp.StartAsync(_upstream, _database, _directory);
        foreach (var id in kept)
            Assert.Equal("stored", (await _stored.RowAsync(id)).Payload);
        foreach (var id in shed)
            Assert.Equal(("completed", "shed", false, 10L, 5L, 100L), (await _stored.RowAsync(id)) is var row ? (row.Outcome, row.Payload, row.HasPayload, row.Input, row.Output, row.CacheRead) : default);
        await _stored.RollupsEqualTheLedgerAsync();
    }

    [Fact]
    public async Task A_data_directory_that_cannot_be_written_ends_the_start_with_a_line_that_names_it()
    {
        // Nobody, not even root, makes directories in /sys.
        var (code, output) = await KillableNexus.FailAsync(_upstream.Url, "/sys/nexus");
        Assert.NotEqual(0, code);
        Assert.Contains("DATA_DIR", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private static async Task<Guid> AskAsync(KillableNexus nexus)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent("""{"model":"claude-opus-5"}""") };
        request.Headers.TryAddWithoutValidation("x-api-key", "sk-ant-own");
        using var response = await nexus.Proxy.SendAsync(request);
        Assert.Equal(Streams.Whole, await response.Content.ReadAsByteArrayAsync());
        return Guid.Parse(response.Headers.GetValues("x-nexus-request-id").Single());
    }
}
