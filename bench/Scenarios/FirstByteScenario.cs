using Nexus.Bench.Load;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;

namespace Nexus.Bench.Scenarios;

/// <summary>Time to the first byte of the body at one connection: bare YARP and Nexus in blocks of a second, in turn.</summary>
internal static class FirstByteScenario
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort)
    {
        await using var yarp = await ProcessRoute.YarpAsync(workplace);
        await using var nexus = await NexusRoute.WithStorageAsync(workplace);
        return [await MeasureAsync(Kind.Small, yarp, nexus, effort), await MeasureAsync(Kind.Large, yarp, nexus, effort)];
    }

    private static async Task<Figure> MeasureAsync(Kind kind, ProcessRoute yarp, NexusRoute nexus, Effort effort)
    {
        await Rounds.RunAsync(yarp, kind.Callers("warm.bench.example"), effort.WarmUp);
        await Rounds.RunAsync(nexus, kind.Callers("warm.bench.example"), effort.WarmUp);
        await nexus.DrainedAsync(effort.DrainLimit);
        Caller[] bareCaller = [kind.Caller("first.bench.example", Caller.OwnKey, 0)], nexusCaller = [kind.Caller("first.bench.example", Caller.OwnKey, 0)];
        List<double> added = [], bare = [];
        for (var block = 0; block < (effort.Quick ? 5 : 25); block++)
        {
            var one = await Rounds.RunAsync(yarp, bareCaller, TimeSpan.FromSeconds(1));
            var other = await Rounds.RunAsync(nexus, nexusCaller, TimeSpan.FromSeconds(1));
            await nexus.DrainedAsync(effort.DrainLimit);
            bare.Add(one.FirstByte.Median);
            added.Add(other.FirstByte.Median - one.FirstByte.Median);
        }

        var median = Quantiles.MedianOf(added);
        return new($"time to first byte that Nexus adds to bare YARP's, {kind.Name} requests, one connection, median", "< 0.15 ms", Say.Text($"{median:F3} ms (bare YARP {Quantiles.MedianOf(bare):F3} ms)"), median < 0.15);
    }
}
