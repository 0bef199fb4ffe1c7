using System.Diagnostics.Metrics;

namespace Nexus.Web.Operations.Metrics;

/// <summary>
/// The connections of Nexus's own pools, taken from Npgsql's instruments. Those have a line for every connection string there
/// ever was, such as one for each database that a drill restores into: only pools that have a name of Nexus's are told.
/// </summary>
internal sealed class PoolMetrics : IDisposable
{
    public const string Npgsql = "Npgsql";
    private const string Pool = "db.client.connection.pool.name";
    private const string State = "db.client.connection.state";
    private static readonly string[] Pools = ["ingest", "pages", "jobs", "scheduler"];
    private static readonly string[] Names = ["db.client.connection.count", "db.client.connection.max"];

    private readonly MeterListener _listener = new();
    private readonly Lock _reading = new();
    private readonly Dictionary<(string Name, string Pool, string? State), long> _sums = [];

    public PoolMetrics(NexusMeter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Npgsql && Names.Contains(instrument.Name))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument.Name, value, tags));
        _listener.Start();
        meter.Meter.CreateObservableUpDownCounter(Names[0], () => Read(Names[0]), "{connection}", "Connections to the database by pool and state.");
        meter.Meter.CreateObservableUpDownCounter(Names[1], () => Read(Names[1]), "{connection}", "Connections that a pool may have.");
    }

    /// <summary>Connections of each pool now, for the page Database.</summary>
    public IReadOnlyList<(string Name, long Used, long Idle, long Most)> Figures()
    {
        lock (_reading)
        {
            _sums.Clear();
            _listener.RecordObservableInstruments();
            return [.. Pools.Select(pool => (pool, _sums.GetValueOrDefault((Names[0], pool, "used")), _sums.GetValueOrDefault((Names[0], pool, "idle")), _sums.GetValueOrDefault((Names[1], pool, null))))];
        }
    }

    public void Dispose() => _listener.Dispose();

    private List<Measurement<long>> Read(string name)
    {
        lock (_reading)
        {
            _sums.Clear();
            _listener.RecordObservableInstruments();
            return [.. _sums.Where(sum => sum.Key.Name == name).Select(sum => new Measurement<long>(sum.Value,
                sum.Key.State is { } state ? [new(Pool, sum.Key.Pool), new(State, state)] : [new KeyValuePair<string, object?>(Pool, sum.Key.Pool)]))];
        }
    }

    private void Take(string name, int value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? pool = null, state = null;
        foreach (var tag in tags)
            if (tag.Key == Pool)
                pool = tag.Value as string;
            else if (tag.Key == State)
                state = tag.Value as string;
        if (pool is not null && Pools.Contains(pool))
            _sums[(name, pool, state)] = _sums.GetValueOrDefault((name, pool, state)) + value;
    }
}
