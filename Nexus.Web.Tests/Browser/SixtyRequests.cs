using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>A dashboard with sixty requests of two domains, to be looked at.</summary>
public abstract class SixtyRequests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private protected NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
        var now = DateTimeOffset.UtcNow;
        await SeededLedger.AddAsync(_nexus, Enumerable.Range(0, 60).Select(i => SeededLedger.Row(now.AddSeconds(-60 - i), i % 2 == 0 ? "one.example" : "two.example", i * 1000, i * 10, i)));
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }
}
