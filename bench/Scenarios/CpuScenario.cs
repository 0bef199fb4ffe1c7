using Nexus.Bench.Load;
using Nexus.Bench.Measuring;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;

namespace Nexus.Bench.Scenarios;

/// <summary>CPU time per request, from the first request until the backlog is drained: Nexus and PostgreSQL together, against bare YARP.</summary>
internal static class CpuScenario
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort)
    {
        await using var yarp = await ProcessRoute.YarpAsync(workplace);
        await using var nexus = await NexusRoute.WithStorageAsync(workplace);
        return [.. await MeasureAsync(Kind.Small, 4, effort.Quick ? 12_000 : 40_000, yarp, nexus, effort), .. await MeasureAsync(Kind.Large, 2.5, effort.Quick ? 3_000 : 10_000, yarp, nexus, effort)];
    }

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(Kind kind, double target, int requests, ProcessRoute yarp, NexusRoute nexus, Effort effort)
    {
        var host = $"{(kind == Kind.Small ? "small" : "code")}.bench.example";
        var (yarpCallers, nexusCallers) = (kind.Callers(host), kind.Callers(host));
        await Rounds.RunAsync(yarp, yarpCallers, requests: requests / 4);
        await Rounds.RunAsync(nexus, nexusCallers, requests: requests / 4);
        await nexus.DrainedAsync(effort.DrainLimit);
        List<double> bare = [], captured = [], app = [], drains = [];
        for (var round = 0; round < effort.Rounds; round++)
        {
            var before = ProcessUsage.CpuMilliseconds(yarp.Processes);
            var done = await Rounds.RunAsync(yarp, yarpCallers, requests: requests);
            bare.Add((ProcessUsage.CpuMilliseconds(yarp.Processes) - before) / done.Requests);

            var (beforeAll, beforeApp) = (ProcessUsage.CpuMilliseconds(nexus.Processes), ProcessUsage.CpuMilliseconds(nexus.AppProcess));
            done = await Rounds.RunAsync(nexus, nexusCallers, requests: requests);
            drains.Add((await nexus.DrainedAsync(effort.DrainLimit))?.TotalSeconds ?? double.PositiveInfinity);
            captured.Add((ProcessUsage.CpuMilliseconds(nexus.Processes) - beforeAll) / done.Requests);
            app.Add((ProcessUsage.CpuMilliseconds(nexus.AppProcess) - beforeApp) / done.Requests);
        }

        var ratio = Quantiles.MedianOf(captured.Zip(bare, (all, one) => all / one));
        var (bareMedian, allMedian, appMedian) = (Quantiles.MedianOf(bare), Quantiles.MedianOf(captured), Quantiles.MedianOf(app));
        var drained = double.IsFinite(drains.Max()) ? "" : Say.Text($"; backlog NOT drained within {effort.DrainLimit.TotalSeconds:F0} s, so the figure is too low");
        return
        [
            new($"CPU per captured {kind.Name} request, Nexus + PostgreSQL ÷ bare YARP", Say.Text($"≤ {target} ×"),
                Say.Text($"{ratio:F2} × ({allMedian:F3} ms = {appMedian:F3} Nexus + {allMedian - appMedian:F3} PostgreSQL; bare YARP {bareMedian:F3}){drained}"), ratio <= target && drained.Length == 0),
        ];
    }
}
