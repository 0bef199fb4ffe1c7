using Nexus.Bench.Load;
using Nexus.Bench.Measuring;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;
using Nexus.Bench.Upstream;

namespace Nexus.Bench.Scenarios;

/// <summary>
/// CPU per captured small request of a Nexus that nobody looks at, and of one that sends metrics and a span of each request by OTLP and is scraped every
/// five seconds, in turn; and what a Nexus takes that has nothing to do but its checks, alerts, samples and schedule.
/// </summary>
internal static class SeeingScenario
{
    private const string Host = "seeing.bench.example";

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort)
    {
        await using var sink = await OtlpSink.StartAsync();
        await using var plain = await NexusRoute.WithStorageAsync(workplace);
        await using var seen = await NexusRoute.StartAsync(workplace, "seen", new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = sink.Url,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "5000",
        });
        var requests = effort.Quick ? 6_000 : 40_000;
        var callers = new Dictionary<NexusRoute, IReadOnlyList<Caller>> { [plain] = Kind.Small.Callers(Host), [seen] = Kind.Small.Callers(Host) };
        foreach (var (route, own) in callers)
        {
            await Rounds.RunAsync(route, own, requests: requests / 2);
            await route.DrainedAsync(effort.DrainLimit);
        }

        List<double> off = [], on = [];
        var sent = sink.Bytes;
        for (var round = 0; round < (effort.Quick ? 3 : 7); round++)
        {
            off.Add(await SpentAsync(plain, callers[plain], requests, effort));
            using var stop = new CancellationTokenSource();
            var scraping = ScrapeAsync(seen, stop.Token);
            on.Add(await SpentAsync(seen, callers[seen], requests, effort));
            await stop.CancelAsync();
            await scraping;
        }

        if (sink.Bytes == sent)
            throw new InvalidOperationException("Nothing was sent by OTLP: the figure would be of nothing.");
        var idle = await IdleAsync(plain, TimeSpan.FromSeconds(effort.Quick ? 15 : 120));
        var ratio = Quantiles.MedianOf(on.Zip(off, (one, other) => one / other));
        return
        [
            new("CPU per captured small request with OTLP and scrapes ÷ without", "", Say.Text($"{ratio:F2} × ({Quantiles.MedianOf(on):F3} ms, {Quantiles.MedianOf(off):F3} without)")),
            new("CPU of Nexus and PostgreSQL with nothing to do: checks, alerts, samples, schedule", "", Say.Text($"{idle:F1} ms a second")),
        ];
    }

    private static async Task<double> SpentAsync(NexusRoute route, IReadOnlyList<Caller> callers, int requests, Effort effort)
    {
        var before = ProcessUsage.CpuMilliseconds(route.Processes);
        var done = await Rounds.RunAsync(route, callers, requests: requests);
        _ = await route.DrainedAsync(effort.DrainLimit) ?? throw new InvalidOperationException("The backlog does not drain: the CPU of what waits would be missing.");
        return (ProcessUsage.CpuMilliseconds(route.Processes) - before) / done.Requests;
    }

    private static async Task ScrapeAsync(NexusRoute route, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await route.MetricAsync("nexus_requests_total");
            await Task.Delay(TimeSpan.FromSeconds(5), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Milliseconds of CPU per second.</summary>
    private static async Task<double> IdleAsync(NexusRoute route, TimeSpan time)
    {
        var before = ProcessUsage.CpuMilliseconds(route.Processes);
        await Task.Delay(time);
        return (ProcessUsage.CpuMilliseconds(route.Processes) - before) / time.TotalSeconds;
    }
}
