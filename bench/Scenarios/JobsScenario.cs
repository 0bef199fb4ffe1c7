using System.Diagnostics;
using Nexus.Bench.Load;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;
using Nexus.Bench.Seed;

namespace Nexus.Bench.Scenarios;

/// <summary>
/// The latest answers of small requests at a steady pace over ten million ledger rows: while nothing else runs, and while the night's jobs do, in turn.
/// Jobs of a round end before the next begins.
/// </summary>
internal static class JobsScenario
{
    private const string Host = "jobs.bench.example";
    private const double Most = 1.25;

    /// <summary>From one request of a caller to its next: 64 of them send 256 a second.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan JobsLimit = TimeSpan.FromMinutes(30);

    /// <summary>Two run at a time, in this order.</summary>
    private static readonly string[] Jobs = ["database-backup", "reconcile", "vacuum", "retention", "partitions", "parts-gc", "resource-sample", "cache-doctor", "reports", "disk-forecast"];

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort)
    {
        await using var nexus = await NexusRoute.StartAsync(workplace, "jobs", []);
        foreach (var statement in LedgerSeed.Statements(DateTimeOffset.UtcNow, effort.Quick ? 200_000 : 10_000_000))
            await nexus.ExecuteAsync(statement);
        await nexus.CommandAsync("usage", "rebuild");
        await nexus.ExecuteAsync(LedgerSeed.Settle);
        var callers = Kind.Small.Callers(Host);
        await Rounds.RunAsync(nexus, callers, effort.WarmUp);
        await QuietAsync(nexus, effort);
        using var viewer = await PagesScenario.LogInAsync(nexus.DashboardPort, NexusRoute.DashboardKey);
        List<double> quiet = [], busy = [];
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        for (var round = 0; round < (effort.Quick ? 2 : 5); round++)
        {
            quiet.Add((await Rounds.RunAsync(nexus, callers, effort.SustainedTime, every: Pace)).Latency.At(0.99));
            await nexus.ExecuteAsync("INSERT INTO usage_changed_hours SELECT DISTINCT bucket FROM usage_1h ON CONFLICT DO NOTHING");
            foreach (var job in Jobs)
                await StartAsync(viewer, nexus.DashboardPort, job);
            await RunningAsync(nexus);
            var rebuild = nexus.CommandAsync("conversations", "rebuild", "--dry-run");
            busy.Add((await Rounds.RunAsync(nexus, callers, effort.SustainedTime, every: Pace)).Latency.At(0.99));
            seen.UnionWith((await nexus.QueryAsync<string>("SELECT coalesce(string_agg(DISTINCT job, ' '), '') FROM job_runs WHERE started_at > now() - interval '10 minutes'")).Split(' '));
            await rebuild;
            await QuietAsync(nexus, effort);
        }

        var failed = await nexus.QueryAsync<string>("SELECT coalesce(string_agg(DISTINCT job || ' ' || outcome, ', '), 'none') FROM job_runs WHERE outcome NOT IN ('running', 'succeeded')");
        var ratio = Quantiles.MedianOf(busy.Zip(quiet, (with, without) => with / without));
        return
        [
            new("ledger rows", "", Say.Text($"{await nexus.QueryAsync<long>("SELECT count(*) FROM requests"):N0}")),
            new("p99 of 256 small requests a second while jobs run ÷ while none does", Say.Text($"≤ {Most}"), Say.Text($"{ratio:F2} ({Quantiles.MedianOf(busy):F2} ms, {Quantiles.MedianOf(quiet):F2} ms without; {string.Join(", ", seen)}, conversations rebuild)"), ratio <= Most),
            new("jobs that did not succeed", "none", failed, failed == "none"),
        ];
    }

    /// <summary>As somebody does on the page Jobs.</summary>
    private static async Task StartAsync(HttpClient viewer, int port, string job)
    {
        using var form = new FormUrlEncodedContent([new("job", job), new("__RequestVerificationToken", await PagesScenario.TokenAsync(viewer, $"http://127.0.0.1:{port}/dashboard/jobs"))]);
        using var answer = await viewer.PostAsync($"http://127.0.0.1:{port}/dashboard/jobs?handler=run", form);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task RunningAsync(NexusRoute nexus)
    {
        for (var begun = Stopwatch.GetTimestamp(); await nexus.QueryAsync<long>("SELECT count(*) FROM job_runs WHERE outcome = 'running'") == 0; await Task.Delay(50))
            if (Stopwatch.GetElapsedTime(begun) > TimeSpan.FromMinutes(1))
                throw new InvalidOperationException("No job begins within a minute.");
    }

    /// <summary>Until the queue is empty, no run is under way and the journal is drained.</summary>
    private static async Task QuietAsync(NexusRoute nexus, Effort effort)
    {
        const string Left = "SELECT (SELECT count(*) FROM job_runs WHERE outcome = 'running') + (SELECT count(*) FROM hangfire.jobqueue)";
        for (var begun = Stopwatch.GetTimestamp(); await nexus.QueryAsync<long>(Left) > 0; await Task.Delay(500))
            if (Stopwatch.GetElapsedTime(begun) > JobsLimit)
                throw new InvalidOperationException("Jobs of one round do not end: the next would measure them too.");
        await nexus.DrainedAsync(effort.DrainLimit);
    }
}
