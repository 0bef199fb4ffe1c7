using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>What a caller saw of one request.</summary>
/// <param name="Whole">It received every byte that a client waits for: through message_stop, or through the last counted byte.</param>
internal sealed record Seen(Guid? Id, string BodyHash, bool Whole, string? Error);

/// <summary>Callers that go on asking, each with a body that no other request has, until they are stopped.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopped = new();
    private readonly List<Task> _callers;
    private volatile HttpClient? _nexus;

    private Load(int callers, TimeSpan pause) => _callers = [.. Enumerable.Range(0, callers).Select(_ => Task.Run(() => AskAsync(pause)))];

    public ConcurrentQueue<Seen> Seen { get; } = new();

    /// <summary>Where to ask; nobody asks while it is null.</summary>
    public HttpClient? Nexus { set => _nexus = value; }

    public static Load Start(int callers, TimeSpan pause) => new(callers, pause);

    /// <summary>
    /// Answers in three manners in turn: a stream, counted JSON, chunked JSON. A stream goes on for a while after its
    /// message_stop; <paramref name="stopSent"/> is called in between.
    /// </summary>
    public static Func<HttpContext, Task> Answers(Action? stopSent = null) => async context =>
    {
        var manner = context.Features.Get<Received>()!.BodySha256[0] % 3;
        context.Response.StatusCode = 200;
        context.Response.ContentType = manner == 0 ? "text/event-stream; charset=utf-8" : "application/json";
        if (manner == 1)
            context.Response.ContentLength = Streams.Json.Length;
        if (manner != 0)
        {
            await context.Response.Body.WriteAsync(Streams.Json.AsMemory(0, 50));
            await context.Response.Body.FlushAsync();
            await Task.Delay(5);
            await context.Response.Body.WriteAsync(Streams.Json.AsMemory(50));
            return;
        }

        foreach (var item in Streams.Events)
        {
            await context.Response.WriteAsync(item);
            await context.Response.Body.FlushAsync();
            await Task.Delay(3);
        }

        stopSent?.Invoke();
        await Task.Delay(60);
    };

    /// <summary>Ends the asking; every request on its way is waited for.</summary>
    public async Task StopAsync()
    {
        await _stopped.CancelAsync();
        await Task.WhenAll(_callers);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopped.Dispose();
    }

    /// <summary>Everything that a caller received whole, and everything that went upstream, is in the ledger once, rightly, and with its exact body.</summary>
    /// <param name="nexus">Dashboard of a running Nexus, to read the bodies from.</param>
    public async Task IsInTheLedgerAsync(StoredRequests stored, FakeAnthropic upstream, HttpClient nexus, params string[] othersMayBe)
    {
        var expected = upstream.Requests.Select(request => request.BodySha256).Concat(Seen.Where(seen => seen.Id is not null).Select(seen => seen.BodyHash)).ToHashSet();
        var bodies = new ConcurrentDictionary<Guid, string>();
        List<StoredRequest> rows = [];
        await NexusApp.UntilAsync(async () =>
        {
            rows = await stored.AllAsync();
            await Parallel.ForEachAsync(rows.Where(row => !bodies.ContainsKey(row.Id)), async (row, cancellation) =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/requests/{row.Id}/body") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
                using var response = await nexus.SendAsync(request, cancellation);
                Assert.True(response.IsSuccessStatusCode, $"{row}: {response.StatusCode}");
                bodies[row.Id] = Convert.ToHexStringLower(SHA256.HashData(await response.Content.ReadAsByteArrayAsync(cancellation)));
            });
            return expected.IsSubsetOf(bodies.Values);
        }, "everything sent is in the ledger");
        Assert.Equal(rows.Count, rows.Select(row => row.Id).Distinct().Count());
        Assert.Equal(rows.Count, bodies.Values.Distinct().Count());
        var byId = rows.ToDictionary(row => row.Id);
        foreach (var seen in Seen.Where(seen => seen.Whole))
        {
            var row = byId[seen.Id!.Value];
            Assert.Equal((seen.BodyHash, "completed", 200, 10L, 5L, true, "stored"), (bodies[row.Id], row.Outcome, row.Status, row.Input, row.Output, row.HasPayload, row.Payload));
        }

        Assert.All(rows, row => Assert.Contains(row.Outcome, othersMayBe.Append("completed")));
        await stored.RollupsEqualTheLedgerAsync();
    }

    private async Task AskAsync(TimeSpan pause)
    {
        while (!_stopped.IsCancellationRequested)
        {
            if (_nexus is { } nexus)
                Seen.Enqueue(await AskOnceAsync(nexus));
            await Task.Delay(pause);
        }
    }

    private static async Task<Seen> AskOnceAsync(HttpClient nexus)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"model":"claude-opus-5","max_tokens":100,"system":"{{new string('s', 2000)}}","messages":[{"role":"user","content":"{{Guid.NewGuid()}}"}]}""");
        var hash = Convert.ToHexStringLower(SHA256.HashData(body));
        Guid? id = null;
        var received = new MemoryStream();
        long? counted = null;
        string? failure = null;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new ByteArrayContent(body) };
            request.Headers.TryAddWithoutValidation("x-api-key", "sk-ant-own");
            using var response = await nexus.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            id = Guid.Parse(response.Headers.GetValues("x-nexus-request-id").Single());
            counted = response.Content.Headers.ContentLength;
            await (await response.Content.ReadAsStreamAsync()).CopyToAsync(received);
            if ((int)response.StatusCode != 200)
                failure = $"{(int)response.StatusCode} {Encoding.UTF8.GetString(received.ToArray())}";
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            failure = error.Message;
        }

        var bytes = received.ToArray();
        var whole = counted == bytes.Length || bytes.AsSpan().EndsWith("data: {\"type\":\"message_stop\"}\n\n"u8) || failure is null;
        return new(id, hash, whole && !(failure?.StartsWith('5') ?? false), failure);
    }
}
