using Nexus.Bench.Load;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;

namespace Nexus.Bench.Scenarios;

/// <summary>Runs over a Nexus with storage: after each the backlog must drain, and every request must be in the ledger once.</summary>
internal sealed class CapturedRuns(Workplace workplace, Kind kind, Effort effort) : IAsyncDisposable
{
    private readonly List<TimeSpan?> _drains = [];
    private NexusRoute? _nexus;
    private IReadOnlyList<Caller> _callers = [];
    private long _sent;
    private long _missing;

    /// <summary>Starts a Nexus and warms it up.</summary>
    public async Task OpenAsync()
    {
        _nexus = await NexusRoute.WithStorageAsync(workplace);
        _callers = kind.Callers("captured.bench.example");
        _sent = (await Rounds.RunAsync(_nexus, _callers, effort.WarmUp)).Requests;
        await _nexus.DrainedAsync(effort.DrainLimit);
    }

    public async Task<LoadResult> RunAsync()
    {
        var result = await Rounds.RunAsync(_nexus!, _callers, effort.SustainedTime);
        _sent += result.Requests;
        var drained = await _nexus!.DrainedAsync(effort.DrainLimit);
        _drains.Add(drained);
        if (drained is not null)
        {
            _missing += Math.Abs(_sent - await _nexus.QueryAsync<long>("SELECT count(*) FROM requests"));
        }
        else
        {
            // The next round would measure this one's backlog.
            await _nexus.DisposeAsync();
            await OpenAsync();
        }

        return result;
    }

    public IEnumerable<Figure> Figures()
    {
        var late = _drains.Any(drain => drain is null);
        var drained = late ? Say.Text($"not within {effort.DrainLimit.TotalSeconds:F0} s") : Say.Text($"{Quantiles.MedianOf(_drains.Select(drain => drain!.Value.TotalSeconds)):F1} s");
        yield return new($"{kind.Name}: ingest backlog drained after the end", "≤ 10 s", drained, _drains.All(drain => drain is { TotalSeconds: <= 10 }));
        if (!late)
            yield return new($"{kind.Name}: requests sent that are not in the ledger, or more than once", "0", Say.Text($"{_missing}"), _missing == 0);
    }

    public ValueTask DisposeAsync() => _nexus?.DisposeAsync() ?? ValueTask.CompletedTask;
}
