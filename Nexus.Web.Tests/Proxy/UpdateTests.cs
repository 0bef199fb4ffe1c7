using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy;

/// <summary>An update without a gap: the new container beside the old one, on the same database and with a volume of its own.</summary>
public sealed class UpdateTests : IAsyncLifetime
{
    private readonly string _old = Directory.CreateTempSubdirectory("nexus-old-").FullName;
    private readonly string _new = Directory.CreateTempSubdirectory("nexus-new-").FullName;
    private FakeAnthropic _upstream = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Answer = Load.Answers();
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        Directory.Delete(_new, recursive: true);
        if (Directory.Exists(_old))
            Directory.Delete(_old, recursive: true);
    }

    [Fact]
    public async Task Traffic_moves_from_the_old_process_to_the_new_and_no_request_is_lost_though_the_old_one_s_volume_is_removed()
    {
        var database = await Postgres.NewDatabaseAsync();
        await using var stored = StoredRequests.Open(database);
        var old = await KillableNexus.StartAsync(_upstream.Url, _old, database);
        await using var load = Load.Start(12, TimeSpan.FromMilliseconds(5));
        load.Nexus = old.Proxy;
        await old.ReadyAsync();
        await MoreAsync(load, 100);

        await using var next = await KillableNexus.StartAsync(_upstream.Url, _new, database);
        await next.ReadyAsync();
        load.Nexus = next.Proxy;
        // Until no caller can still be about to ask the old one.
        await MoreAsync(load, 120);
        await old.TerminateAsync();
        Assert.Equal(0, await old.ExitAsync(TimeSpan.FromSeconds(60)));
        await old.DisposeAsync();
        Directory.Delete(_old, recursive: true);

        await MoreAsync(load, 100);
        await load.StopAsync();
        Assert.All(load.Seen, seen => Assert.True(seen.Whole, seen.Error));
        await load.IsInTheLedgerAsync(stored, _upstream, next.Dashboard);
    }

    private static Task MoreAsync(Load load, int requests)
    {
        var before = load.Seen.Count;
        return NexusApp.UntilAsync(() => Task.FromResult(load.Seen.Count >= before + requests), $"{requests} more requests are answered");
    }
}
