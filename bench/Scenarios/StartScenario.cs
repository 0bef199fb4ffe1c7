using Nexus.Bench.Load;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;

namespace Nexus.Bench.Scenarios;

/// <summary>From start to /health: 200 on both ports, so with the database. The cluster is initialised and migrated before.</summary>
internal static class StartScenario
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort)
    {
        var starts = effort.Quick ? 3 : 7;
        await using var own = await NexusRoute.WithStorageAsync(workplace);
        var withPrivate = await StartsAsync(own, starts);
        // The private server of the first, still running, is the given server of the second.
        await own.ExecuteAsync("CREATE DATABASE bench_start");
        await using var given = await NexusRoute.StartAsync(workplace, "nexus-given", new() { ["DATABASE_URL"] = own.ConnectionString("bench_start") });
        var withGiven = await StartsAsync(given, starts);
        return
        [
            Line("start to /health, private PostgreSQL initialised", 2, withPrivate),
            Line("start to /health, with DATABASE_URL", 1, withGiven),
        ];
    }

    private static Figure Line(string what, double target, IReadOnlyList<(TimeSpan Answering, TimeSpan Healthy)> starts)
    {
        var healthy = Quantiles.MedianOf(starts.Select(start => start.Healthy.TotalSeconds));
        var answering = Quantiles.MedianOf(starts.Select(start => start.Answering.TotalSeconds));
        return new(what, Say.Text($"< {target} s"), Say.Text($"{healthy:F2} s healthy with the database (proxying after {answering:F2} s)"), healthy < target);
    }

    private static async Task<IReadOnlyList<(TimeSpan Answering, TimeSpan Healthy)>> StartsAsync(NexusRoute nexus, int count)
    {
        var starts = new List<(TimeSpan, TimeSpan)>();
        for (var i = 0; i < count; i++)
        {
            await nexus.StopAsync();
            starts.Add(await nexus.StartAsync());
        }

        return starts;
    }
}
