using Nexus.Bench.Load;
using Nexus.Bench.Measuring;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;

namespace Nexus.Bench.Scenarios;

/// <summary>
/// The same run on a Nexus in a domain that has 100,000 requests, and on another in a domain that has none yet, in turn, small requests at
/// 64 connections. A round takes about a second: in shorter ones chance is greater than what is measured.
/// </summary>
internal static class GrowthScenario
{
    private const string Host = "growth.bench.example";

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort)
    {
        var stored = effort.Quick ? 20_000 : 100_000;
        const int Requests = 10_000;
        await using var full = await NexusRoute.WithStorageAsync(workplace);
        await using var empty = await NexusRoute.WithStorageAsync(workplace);
        var callers = Kind.Small.Callers(Host);
        // As warm as the other, in a domain of its own.
        await FillAsync(empty, Kind.Small.Callers("warm.bench.example"), 8_000, effort);
        await FillAsync(full, callers, stored, effort);
        List<double> rate = [], latency = [], cpu = [];
        for (var round = 0; round < (effort.Quick ? 3 : 7); round++)
        {
            var (before, small) = await RoundAsync(empty, Kind.Small.Callers(FormattableString.Invariant($"growth-{round}.bench.example")), Requests, effort);
            var (after, large) = await RoundAsync(full, callers, Requests, effort);
            rate.Add(after.Rate / before.Rate);
            latency.Add(after.Latency.Median / before.Latency.Median);
            cpu.Add(large / small);
        }

        return
        [
            Line($"request rate at {stored:N0} stored requests of one domain ÷ in a new domain", "≥ 0.9", Quantiles.MedianOf(rate), ratio => ratio >= 0.9),
            Line($"median latency at {stored:N0} stored requests ÷ in a new domain", "≤ 1.1", Quantiles.MedianOf(latency), ratio => ratio <= 1.1),
            Line($"CPU per captured request at {stored:N0} stored requests ÷ in a new domain", "≤ 1.1", Quantiles.MedianOf(cpu), ratio => ratio <= 1.1),
        ];
    }

    private static Figure Line(FormattableString what, string target, double ratio, Func<double, bool> hits) => new(Say.Text(what), target, Say.Text($"{ratio:F2}"), hits(ratio));

    /// <summary>In portions, so that the journal never holds more than one.</summary>
    private static async Task FillAsync(NexusRoute nexus, IReadOnlyList<Caller> callers, int stored, Effort effort)
    {
        for (var left = stored; left > 0; left -= 20_000)
        {
            await Rounds.RunAsync(nexus, callers, requests: Math.Min(left, 20_000));
            _ = await nexus.DrainedAsync(effort.DrainLimit) ?? throw new InvalidOperationException("The database could not be filled: the backlog does not drain.");
        }
    }

    private static async Task<(LoadResult Result, double Cpu)> RoundAsync(NexusRoute nexus, IReadOnlyList<Caller> callers, int requests, Effort effort)
    {
        var before = ProcessUsage.CpuMilliseconds(nexus.Processes);
        var result = await Rounds.RunAsync(nexus, callers, requests: requests);
        await nexus.DrainedAsync(effort.DrainLimit);
        return (result, (ProcessUsage.CpuMilliseconds(nexus.Processes) - before) / result.Requests);
    }
}
