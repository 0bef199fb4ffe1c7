using Nexus.Bench.Load;
using Nexus.Bench.Measuring;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;

namespace Nexus.Bench.Scenarios;

/// <summary>
/// CPU time per request, from the first request until the backlog is drained: Nexus and PostgreSQL together, against bare YARP; and the
/// same with a managed key under a budget in dollars, one in tokens, and rates.
/// </summary>
internal static class CpuScenario
{
    private const string Host = "cpu.bench.example";

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort)
    {
        await using var yarp = await ProcessRoute.YarpAsync(workplace);
        await using var nexus = await NexusRoute.WithStorageAsync(workplace);
        await using var limited = await NexusRoute.StartAsync(workplace, "limited", []);
        var key = await limited.LimitAsync(Host);
        return [.. await MeasureAsync(Kind.Small, 4, effort.Quick ? 12_000 : 40_000, yarp, nexus, limited, key, effort), .. await MeasureAsync(Kind.Large, 2.5, effort.Quick ? 3_000 : 10_000, yarp, nexus, limited, key, effort)];
    }

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(Kind kind, double target, int requests, ProcessRoute yarp, NexusRoute nexus, NexusRoute limited, string key, Effort effort)
    {
        var callers = new Dictionary<Route, IReadOnlyList<Caller>> { [yarp] = kind.Callers(Host), [nexus] = kind.Callers(Host), [limited] = kind.Callers(Host, key) };
        foreach (var (route, own) in callers)
            await Rounds.RunAsync(route, own, requests: requests / 4);
        foreach (var route in new[] { nexus, limited })
            await route.DrainedAsync(effort.DrainLimit);
        List<double> bare = [];
        var (plain, withLimits) = (new Spent(), new Spent());
        for (var round = 0; round < effort.Rounds; round++)
        {
            var before = ProcessUsage.CpuMilliseconds(yarp.Processes);
            var done = await Rounds.RunAsync(yarp, callers[yarp], requests: requests);
            bare.Add((ProcessUsage.CpuMilliseconds(yarp.Processes) - before) / done.Requests);
            await plain.AddAsync(nexus, callers[nexus], requests, effort);
            await withLimits.AddAsync(limited, callers[limited], requests, effort);
        }

        var bareMedian = Quantiles.MedianOf(bare);
        var (ratio, limitedRatio) = (plain.Over(bare), withLimits.Over(bare));
        return
        [
            new($"CPU per captured {kind.Name} request, Nexus + PostgreSQL ÷ bare YARP", Say.Text($"≤ {target} ×"), Say.Text($"{ratio:F2} × ({plain}; bare YARP {bareMedian:F3})"), ratio <= target && plain.Drained),
            new($"the same with a managed key and three limits", Say.Text($"≤ {target} ×"), Say.Text($"{limitedRatio:F2} × ({withLimits}), {Quantiles.MedianOf(withLimits.All.Zip(plain.All, (one, other) => one / other)):F2} × of that without"), limitedRatio <= target && withLimits.Drained),
        ];
    }

    /// <summary>Milliseconds of CPU per request, a round each.</summary>
    private sealed class Spent
    {
        private readonly List<double> _app = [];

        public List<double> All { get; } = [];

        public bool Drained { get; private set; } = true;

        public async Task AddAsync(NexusRoute route, IReadOnlyList<Caller> callers, int requests, Effort effort)
        {
            var (beforeAll, beforeApp) = (ProcessUsage.CpuMilliseconds(route.Processes), ProcessUsage.CpuMilliseconds(route.AppProcess));
            var done = await Rounds.RunAsync(route, callers, requests: requests);
            Drained &= await route.DrainedAsync(effort.DrainLimit) is not null;
            All.Add((ProcessUsage.CpuMilliseconds(route.Processes) - beforeAll) / done.Requests);
            _app.Add((ProcessUsage.CpuMilliseconds(route.AppProcess) - beforeApp) / done.Requests);
        }

        public double Over(List<double> bare) => Quantiles.MedianOf(All.Zip(bare, (all, one) => all / one));

        public override string ToString()
        {
            var (all, app) = (Quantiles.MedianOf(All), Quantiles.MedianOf(_app));
            return Say.Text($"{all:F3} ms = {app:F3} Nexus + {all - app:F3} PostgreSQL{(Drained ? "" : "; backlog NOT drained in time, so the figure is too low")}");
        }
    }
}
