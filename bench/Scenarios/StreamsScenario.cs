using Nexus.Bench.Load;
using Nexus.Bench.Measuring;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;

namespace Nexus.Bench.Scenarios;

/// <summary>A thousand streams at once, an event each 100 ms: lateness against bare YARP's, and the app's resident memory.</summary>
internal static class StreamsScenario
{
    private const int Streams = 1000;
    private const int Gap = 100;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort)
    {
        await using var yarp = await ProcessRoute.YarpAsync(workplace);
        await using var nexus = await NexusRoute.WithStorageAsync(workplace);
        foreach (var route in (Route[])[yarp, nexus])
            await Rounds.RunAsync(route, Kind.Small.Callers("warm.bench.example"), effort.WarmUp);
        await nexus.DrainedAsync(effort.DrainLimit);
        var events = (effort.Quick ? 10 : 30) * 1000 / Gap;
        List<StreamsResult> bare = [], own = [];
        List<double> during = [];
        for (var round = 0; round < Math.Min(2, effort.Rounds); round++)
        {
            bare.Add(await RunAsync(yarp, events, []));
            own.Add(await RunAsync(nexus, events, during));
        }

        var after = await SettledAsync(nexus);
        return Figures(bare, own, during.Max(), after);
    }

    private static Figure[] Figures(List<StreamsResult> bare, List<StreamsResult> own, double during, double after)
    {
        var errors = own.Sum(run => run.Errors.Count);
        var (first, bareFirst) = (Worst(own, run => run.FirstByte), Worst(bare, run => run.FirstByte));
        var (late, bareLate) = (Worst(own, run => run.Lateness), Worst(bare, run => run.Lateness));
        var what = $"{Streams:N0} streams, an event each {Gap} ms";
        return
        [
            new($"{what}: errors", "0", Say.Text($"{errors} {own.SelectMany(run => run.Errors).FirstOrDefault()}").Trim(), errors == 0),
            new($"{what}: time to first byte, 99th percentile", "< 500 ms", Say.Text($"{first:F0} ms (bare YARP {bareFirst:F0} ms)"), first < 500),
            new($"{what}: lateness of events beyond bare YARP's, 99th percentile", "≤ 50 ms", Say.Text($"{late - bareLate:F1} ms ({late:F1} − {bareLate:F1})"), late - bareLate <= 50),
            new($"{what}: resident memory of the app, highest", "< 400 MB", Say.Text($"{during:F0} MB"), during < 400),
            new($"{what}: resident memory of the app within a minute after", "< 250 MB", Say.Text($"{after:F0} MB"), after < 250),
        ];
    }

    private static double Worst(IEnumerable<StreamsResult> runs, Func<StreamsResult, Quantiles> figure) => runs.Max(run => figure(run).At(0.99));

    private static async Task<StreamsResult> RunAsync(Route route, int events, List<double> memory)
    {
        var run = PacedStreams.RunAsync(route.Port, Streams, events, Gap, CancellationToken.None);
        while (await Task.WhenAny(run, Task.Delay(250)) != run)
            memory.Add(ProcessUsage.ResidentMegabytes(route.Processes[0]));
        var result = await run;
        Console.Error.WriteLine(FormattableString.Invariant($"  {route.Name,-10} {result.Complete} of {Streams} streams, first byte p99 {result.FirstByte.At(0.99):F0} ms, lateness p50 {result.Lateness.Median:F1} p99 {result.Lateness.At(0.99):F1} ms"));
        return result;
    }

    /// <summary>Looks each second for a minute; the lowest seen.</summary>
    private static async Task<double> SettledAsync(NexusRoute nexus)
    {
        var lowest = double.PositiveInfinity;
        for (var second = 0; second < 60; second++)
        {
            await Task.Delay(1000);
            lowest = Math.Min(lowest, ProcessUsage.ResidentMegabytes(nexus.AppProcess));
        }

        return lowest;
    }
}
