using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy;

/// <summary>SIGTERM under load, on a process of its own.</summary>
public sealed class DrainTests : IAsyncLifetime
{
    private const int InFlight = 8;
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-drain-").FullName;
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakeAnthropic _upstream = null!;

    public async Task InitializeAsync()
    {
        // As root the private server runs as another user, which must be able to reach its directory.
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_001_001);
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Answer = async context =>
        {
            context.Response.StatusCode = 200;
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(Streams.Events[0]);
            await context.Response.Body.FlushAsync();
            await _goOn.Task.WaitAsync(context.RequestAborted);
            foreach (var item in Streams.Events[1..])
                await context.Response.WriteAsync(item);
        };
    }

    public async Task DisposeAsync()
    {
        _goOn.TrySetResult();
        await _upstream.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Streams_in_flight_finish_new_requests_are_turned_away_and_nothing_is_left_running()
    {
        var nexus = await KillableNexus.StartAsync(_upstream.Url, _directory, null);
        await nexus.ReadyAsync();
        using var upload = await RawClient.ConnectAsync(nexus.Proxy.BaseAddress!);
        await upload.SendAsync(RawClient.Request("POST", "/v1/messages", "Content-Length: 2\r\n") + "{");
        var callers = await BeginAsync(nexus);

        await nexus.TerminateAsync();
        await NexusApp.UntilAsync(async () => await StatusAsync(nexus.Proxy, "/health/ready") == 503 && await StatusAsync(nexus.Dashboard, "/health/ready") == 503, "both ports say that it drains");
        Assert.Equal(200, await StatusAsync(nexus.Proxy, "/health"));
        using (var late = await RawClient.ConnectAsync(nexus.Proxy.BaseAddress!))
        {
            await late.SendAsync(RawClient.Request("POST", "/v1/messages", body: "{}"));
            var refused = await late.ReadAsync();
            Assert.Equal((503, "close"), (refused.Status, refused.Header("connection")));
            Assert.Contains("\"type\":\"overloaded_error\"", refused.Text, StringComparison.Ordinal);
        }

        await upload.SendAsync("}");
        await NexusApp.UntilAsync(() => Task.FromResult(_upstream.Requests.Count == InFlight + 1), "the upload that had begun goes upstream");
        var postmaster = File.ReadLines(Path.Combine(_directory, "postgres", "cluster", "postmaster.pid")).First();
        _goOn.SetResult();
        callers.Add(upload);
        foreach (var caller in callers)
        {
            Assert.Equal(Streams.Whole, (await caller.ReadAsync()).Body);
            caller.Dispose();
        }

        Assert.Equal(0, await nexus.ExitAsync(TimeSpan.FromSeconds(40)));
        Assert.False(Runs(postmaster), "The private PostgreSQL still runs.");
        Assert.False(File.Exists(Path.Combine(_directory, "postgres", "cluster", "postmaster.pid")));
        await nexus.DisposeAsync();

        await using var next = await KillableNexus.StartAsync(_upstream.Url, _directory, null);
        await next.ReadyAsync();
        await NexusApp.UntilAsync(async () => await CompletedAsync(next) == InFlight + 1, "everything that was in flight is in the ledger");
    }

    [Theory]
    [InlineData("1", false)]
    [InlineData("60", true)]
    public async Task Past_the_grace_or_at_a_second_signal_it_stops_and_keeps_what_had_arrived(string grace, bool twice)
    {
        var nexus = await KillableNexus.StartAsync(_upstream.Url, _directory, "postgres://nobody@127.0.0.1:9/x", ("SHUTDOWN_GRACE_SECONDS", grace));
        var callers = await BeginAsync(nexus);
        var stopping = Stopwatch.StartNew();
        await nexus.TerminateAsync();
        if (twice)
        {
            await NexusApp.UntilAsync(async () => await StatusAsync(nexus.Proxy, "/health/ready") == 503, "it drains");
            await nexus.TerminateAsync();
        }

        Assert.Equal(0, await nexus.ExitAsync(TimeSpan.FromSeconds(30)));
        Assert.InRange(stopping.Elapsed.TotalSeconds, twice ? 0 : 1, 30);
        callers.ForEach(caller => caller.Dispose());
        await nexus.DisposeAsync();

        var database = await Postgres.NewDatabaseAsync();
        await using var stored = StoredRequests.Open(database);
        await using var next = await NexusApp.StartAsync(_upstream, database, _directory);
        List<StoredRequest> rows = [];
        await NexusApp.UntilAsync(async () => (rows = await stored.AllAsync()).Count == InFlight, "everything that was in flight is in the ledger");
        Assert.All(rows, row => Assert.Equal(("interrupted", 10L, 1L, true, (long)Streams.Events[0].Length), (row.Outcome, row.Input, row.Output, row.HasPayload, row.ResponseBytes)));
    }

    /// <summary>A process that has ended and whose parent does not ask for it runs no more.</summary>
    private static bool Runs(string process) => File.Exists($"/proc/{process}/stat") && !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);

    private static async Task<List<RawClient>> BeginAsync(KillableNexus nexus)
    {
        var callers = new List<RawClient>();
        for (var i = 0; i < InFlight; i++)
        {
            callers.Add(await RawClient.ConnectAsync(nexus.Proxy.BaseAddress!));
            await callers[^1].SendAsync(RawClient.Request("POST", "/v1/messages", body: string.Create(CultureInfo.InvariantCulture, $"{{\"n\":{i}}}")));
        }

        foreach (var caller in callers)
            await caller.ReceiveAsync(Streams.Events[0]);
        return callers;
    }

    private static async Task<int> StatusAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path);
        return (int)response.StatusCode;
    }

    private static async Task<int> CompletedAsync(KillableNexus nexus)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/requests?limit=100") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
        using var response = await nexus.Dashboard.SendAsync(request);
        return (await response.Content.ReadAsStringAsync()).Split("\"outcome\":\"completed\"").Length - 1;
    }
}
