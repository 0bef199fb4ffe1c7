using System.Diagnostics;
using System.Globalization;
using Nexus.Web.Tests.Infrastructure;
using Xunit;
using Xunit.Abstractions;

namespace Nexus.Web.Tests.Capture;

/// <summary>PostgreSQL away under load: no caller notices, nothing is lost, and both ports say what is going on.</summary>
public sealed class DatabaseOutageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-outage-").FullName;
    private FakeAnthropic _upstream = null!;
    private Postgres _server = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Answer = Load.Answers();
        _server = await Postgres.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        _server.Remove();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public Task Five_seconds_without_PostgreSQL_are_noticed_by_no_caller() => OutageAsync(TimeSpan.FromSeconds(5));

    [Fact]
    [Trait("Category", "Long")]
    public Task A_minute_without_PostgreSQL_is_noticed_by_no_caller() => OutageAsync(TimeSpan.FromSeconds(60));

    private async Task OutageAsync(TimeSpan length)
    {
        var database = await _server.CreateAsync("template_nexus");
        await using var nexus = await KillableNexus.StartAsync(_upstream.Url, _directory, database);
        await nexus.ReadyAsync();
        await using var load = Load.Start(12, TimeSpan.FromMilliseconds(20));
        load.Nexus = nexus.Proxy;
        await Task.Delay(1000);

        await _server.StopServerAsync();
        var outage = Stopwatch.StartNew();
        await NexusApp.UntilAsync(async () => (await AskAsync(nexus.Dashboard)).Status == 503, "the outage is noticed");
        var noticed = outage.Elapsed;
        long most = 0, backlog = 0;
        while (outage.Elapsed < length)
        {
            var (status, word, behind) = await AskAsync(nexus.Proxy);
            Assert.Equal((200, "degraded"), (status, word));
            Assert.Equal(503, (await AskAsync(nexus.Dashboard)).Status);
            (most, backlog) = (Math.Max(most, nexus.Memory()), Math.Max(backlog, behind));
            await Task.Delay(200);
        }

        await _server.StartServerAsync();
        var back = Stopwatch.StartNew();
        await NexusApp.UntilAsync(async () => (await AskAsync(nexus.Proxy)) is (200, "healthy", _), "it is healthy again");
        var healthy = back.Elapsed;
        await load.StopAsync();
        await NexusApp.UntilAsync(async () => (await AskAsync(nexus.Proxy)).Backlog == 0, "the backlog is drained");
        await using var stored = StoredRequests.Open(database);
        await load.IsInTheLedgerAsync(stored, _upstream, nexus.Dashboard);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{load.Seen.Count} requests, {load.Seen.Count(seen => seen.Error is not null)} errors, noticed after {noticed.TotalSeconds:0.0} s, backlog up to {backlog}, memory up to {most >> 20} MiB, healthy {healthy.TotalSeconds:0.0} s after the start, backlog drained after {back.Elapsed.TotalSeconds:0.0} s"));
        Assert.DoesNotContain(load.Seen, seen => seen.Error is not null);
        Assert.InRange(backlog, 1, int.MaxValue);
        Assert.InRange(healthy.TotalSeconds, 0, 60);
        Assert.InRange(most, 0, 600L << 20);
    }

    /// <summary>The answer of /health, which must come within seconds whatever the database does.</summary>
    private static async Task<(int Status, string Word, long Backlog)> AskAsync(HttpClient client)
    {
        var (status, body) = await KillableNexus.HealthAsync(client).WaitAsync(TimeSpan.FromSeconds(10));
        return (status, body["status"]!.GetValue<string>(), body["journal"]!["backlog"]!.GetValue<long>());
    }
}
