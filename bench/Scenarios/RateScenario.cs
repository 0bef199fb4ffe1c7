using Nexus.Bench.Load;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;

namespace Nexus.Bench.Scenarios;

/// <summary>Request rates of all routes, in turn, round after round. Nexus with storage runs for the sustained time and then drains.</summary>
internal static class RateScenario
{
    public static Task<IReadOnlyList<Figure>> SmallAsync(Workplace workplace, Effort effort) => MeasureAsync(workplace, effort, Kind.Small, 0.5);

    public static Task<IReadOnlyList<Figure>> LargeAsync(Workplace workplace, Effort effort) => MeasureAsync(workplace, effort, Kind.Large, 0.7);

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort, Kind kind, double target)
    {
        await using var nginx = await ProcessRoute.NginxAsync(workplace);
        await using var yarp = await ProcessRoute.YarpAsync(workplace);
        await using var off = await NexusRoute.WithoutStorageAsync(workplace);
        await using var direct = new ProcessRoute("direct", workplace.UpstreamPort, null);
        await using var captured = new CapturedRuns(workplace, kind, effort);
        await captured.OpenAsync();
        Route[] plain = [direct, nginx, yarp, off];
        var callers = plain.ToDictionary(route => route, route => kind.Callers("plain.bench.example"));
        foreach (var route in plain)
            await Rounds.RunAsync(route, callers[route], effort.WarmUp);

        var rates = plain.ToDictionary(route => route.Name, _ => new List<double>());
        rates["nexus"] = [];
        for (var round = 0; round < effort.Rounds; round++)
        {
            foreach (var route in plain)
                rates[route.Name].Add((await Rounds.RunAsync(route, callers[route], effort.ComparisonTime)).Rate);
            rates["nexus"].Add((await captured.RunAsync()).Rate);
        }

        return [.. Figures(kind, effort, target, rates), .. captured.Figures()];
    }

    private static IEnumerable<Figure> Figures(Kind kind, Effort effort, double target, Dictionary<string, List<double>> rates)
    {
        foreach (var name in (string[])["direct", "nginx", "yarp"])
            yield return new($"{kind.Name} requests at {kind.Connections} connections, {name}", "", Say.Rate(Quantiles.MedianOf(rates[name]), Ratio(rates, name)));
        yield return Line(kind, $"Nexus without storage ÷ bare YARP", 0.85, rates, "nexus-off");
        yield return Line(kind, $"Nexus with full capture for {effort.Seconds} s ÷ bare YARP", target, rates, "nexus");
    }

    private static Figure Line(Kind kind, string what, double target, Dictionary<string, List<double>> rates, string name) =>
        new($"{kind.Name} requests at {kind.Connections} connections, {what}", Say.Text($"≥ {target}"), Say.Rate(Quantiles.MedianOf(rates[name]), Ratio(rates, name)), Ratio(rates, name) >= target);

    /// <summary>The median of the rounds' ratios: what disturbs a round disturbs both sides of it.</summary>
    private static double Ratio(Dictionary<string, List<double>> rates, string name) => Quantiles.MedianOf(rates[name].Zip(rates["yarp"], (one, bare) => one / bare));
}
