using Nexus.Bench.Load;
using Nexus.Bench.Measuring;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;
using Nexus.Bench.Seed;

namespace Nexus.Bench.Scenarios;

/// <summary>
/// What finding its place in a conversation adds to a request: the time that ingest says it spent on it (reading the evidence, what is known,
/// deciding, writing), on a Nexus that has a million linked requests of one domain and on one that has next to none, in turn.
/// </summary>
internal static class LinkingScenario
{
    private const string Host = "linking.bench.example";

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort)
    {
        var conversations = (effort.Quick ? 50_000 : 1_000_000) / ConversationSeed.Turns;
        await using var full = await OpenAsync(workplace, effort);
        await using var empty = await OpenAsync(workplace, effort);
        foreach (var statement in ConversationSeed.Statements(DateTimeOffset.UtcNow, Host, conversations))
            await full.Nexus.ExecuteAsync(statement);
        await full.Nexus.ExecuteAsync(LedgerSeed.Settle);
        var stored = await full.Nexus.QueryAsync<long>("SELECT count(*) FROM requests WHERE prefix_hash IS NOT NULL");
        var figures = new List<Figure> { new("linked requests stored, all of one domain", "", Say.Text($"{stored:N0} in {await full.Nexus.QueryAsync<long>("SELECT count(*) FROM conversations"):N0} conversations; database {await full.Nexus.QueryAsync<long>("SELECT pg_database_size(current_database())") / 1e6:N0} MB")) };
        foreach (var part in full.Parts.Keys)
        {
            List<double> with = [], without = [];
            List<double> cpu = [], cpuWithout = [];
            for (var round = 0; round < (effort.Quick ? 2 : 5); round++)
            {
                await empty.RoundAsync(part, effort, without, cpuWithout);
                await full.RoundAsync(part, effort, with, cpu);
            }

            var (median, before) = (Quantiles.MedianOf(with), Quantiles.MedianOf(without));
            figures.Add(new($"linking, milliseconds per request: {part}", "< 1 ms", Say.Text($"{median:F3} ms ({before:F3} ms at next to none stored; the whole request costs {Quantiles.MedianOf(cpu):F3} ms of CPU, {Quantiles.MedianOf(cpuWithout):F3} there)"), median < 1));
        }

        return figures;
    }

    private static async Task<Linked> OpenAsync(Workplace workplace, Effort effort)
    {
        var linked = new Linked(await NexusRoute.WithStorageAsync(workplace));
        // The sessions that are gone on with begin before the million is there.
        foreach (var part in linked.Parts.Keys)
            await linked.RunAsync(part, effort.Quick ? 1_000 : 4_000, effort);
        return linked;
    }

    /// <summary>A Nexus and the callers that are its own: a session goes on where its history is.</summary>
    private sealed class Linked(NexusRoute nexus) : IAsyncDisposable
    {
        private static readonly TimeSpan Alone = TimeSpan.FromMilliseconds(250);

        public NexusRoute Nexus => nexus;

        public Dictionary<string, IReadOnlyList<Caller>> Parts { get; } = new()
        {
            ["Claude Code's sessions that go on, 32 at once"] = Kind.Large.Callers(Host),
            ["new sessions of a few turns, 32 at once"] = [.. Enumerable.Range(0, 32).Select(_ => new ClaudeCodeCaller(Host, 62_000, 0))],
            ["small requests without any identifier, 64 at once"] = Kind.Small.Callers(Host),
            ["one session alone, four requests a second: each is a batch of its own"] = [new ClaudeCodeCaller(Host, 185_000, 55_000)],
        };

        public async Task<LoadResult> RunAsync(string part, int requests, Effort effort)
        {
            var callers = Parts[part];
            var result = callers.Count > 1 ? await Rounds.RunAsync(nexus, callers, requests: requests) : await Rounds.RunAsync(nexus, callers, TimeSpan.FromSeconds(effort.Quick ? 5 : 20), every: Alone);
            _ = await nexus.DrainedAsync(effort.DrainLimit) ?? throw new InvalidOperationException("The backlog does not drain: linking's time would lack what waits.");
            return result;
        }

        public async Task RoundAsync(string part, Effort effort, List<double> milliseconds, List<double> cpu)
        {
            var (before, spent) = (await SecondsAsync(), ProcessUsage.CpuMilliseconds(nexus.Processes));
            var result = await RunAsync(part, effort.Quick ? 1_000 : 10_000, effort);
            cpu.Add((ProcessUsage.CpuMilliseconds(nexus.Processes) - spent) / result.Requests);
            milliseconds.Add((await SecondsAsync() - before) * 1000 / result.Requests);
        }

        public ValueTask DisposeAsync() => nexus.DisposeAsync();

        private Task<double> SecondsAsync() => nexus.MetricAsync("nexus_ingest_linking_seconds_total");
    }
}
