using System.Globalization;
using System.Text;
using Nexus.Web.Tests.Infrastructure;
using Xunit;
using Xunit.Abstractions;

namespace Nexus.Web.Tests.Proxy;

/// <summary>500 requests that no client would send: none is answered 500 or with a stack trace, and Nexus works on afterwards.</summary>
public sealed class MalformedInputTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Count = 500;
    private FakeAnthropic _upstream = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
    }

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Fact]
    public async Task Malformed_input_gives_no_500_and_no_stack_trace_and_stops_nothing()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var database = await Postgres.NewDatabaseAsync();
        await using var stored = StoredRequests.Open(database);
        await using var nexus = await NexusApp.StartAsync(_upstream, database);
        var statuses = new int[600];
        await Parallel.ForEachAsync(Enumerable.Range(0, Count), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, cancellation) =>
        {
            var request = MalformedRequests.Make(new Random(seed + i), i);
            using var client = await RawClient.ConnectAsync(nexus.Proxy.BaseAddress!);
            await client.SendAsync(request);
            var reading = client.TryReadAsync();
            // What never ends is ended here; a request that is whole must be waited for, since leaving would cancel it.
            if (await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(5), cancellation)) != reading)
                client.Finish();
            var answer = await reading;
            Interlocked.Increment(ref statuses[answer?.Status ?? 0]);
            Assert.True(answer?.Status is not 500, $"seed {seed} case {i}: {Encoding.Latin1.GetString(request.AsSpan(0, Math.Min(300, request.Length)))}");
            Assert.DoesNotContain("   at ", answer?.Text ?? "", StringComparison.Ordinal);
            Assert.DoesNotContain("Exception", answer?.Text ?? "", StringComparison.Ordinal);
        });
        output.WriteLine(string.Join(", ", statuses.Select((count, status) => (count, status)).Where(pair => pair.count > 0).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.status}: {pair.count}"))));
        Assert.InRange(statuses[200], Count / 4, Count);

        var id = Guid.Parse(await nexus.MessageAsync("""{"model":"claude-opus-5","messages":[]}"""));
        Assert.Equal("completed", (await stored.RowAsync(id)).Outcome);
        using var health = await nexus.Proxy.GetAsync("/health");
        Assert.Contains("\"healthy\"", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var rows = await stored.AllAsync();
        Assert.InRange(rows.Count, statuses[200] + 1, Count + 1);
        // Whatever stood in a body, it was taken apart and kept: nothing was stored without its payload.
        Assert.DoesNotContain(rows, row => row.Payload != "stored");
        await stored.RollupsEqualTheLedgerAsync();
    }
}
