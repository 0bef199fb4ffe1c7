using Nexus.Web.Operations.Resources;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Pages.Resources;

/// <summary>Samples as charts over the same steps; a step without samples is a gap.</summary>
internal sealed class ResourceCharts
{
    private readonly TimeRange _range;
    private readonly string _address;
    private readonly List<DateTimeOffset> _starts;
    private readonly List<NodePoint?> _points;
    private readonly List<DatabasePoint?> _database;

    /// <param name="address">The page with all of its filter but the time.</param>
    public ResourceCharts(TimeRange range, TimeSpan step, string address, IReadOnlyList<NodePoint> points, IReadOnlyList<DatabasePoint> database)
    {
        (_range, _address) = (range, address);
        _starts = [.. Enumerable.Range(0, Math.Max(1, (int)Math.Ceiling((range.To - range.From) / step))).Select(i => range.From + (step * i))];
        var (ofNode, ofDatabase) = (points.ToDictionary(point => point.At), database.ToDictionary(point => point.At));
        _points = [.. _starts.Select(start => ofNode.GetValueOrDefault(start))];
        _database = [.. _starts.Select(start => ofDatabase.GetValueOrDefault(start))];
    }

    public IReadOnlyList<(string Id, ChartModel Model)> All() =>
    [
        ("cpu", Of("CPU, share of what may be used", ChartUnit.Percent, 1, Node("Nexus", 0, point => point.Cpu / point.CpuLimit), Node("busiest minute", 3, point => point.CpuMost / point.CpuLimit), Node("all in the container", 5, point => point.GroupCpu / point.CpuLimit), Node("held back by the quota", SeriesColors.Errors, point => point.Throttled))),
        ("memory", Of("Memory", ChartUnit.Bytes, _points.Max(point => point?.GroupMemory is null ? null : (double?)point.MemoryLimit), Node("Nexus", 0, point => point.Memory), Node("its heap", 3, point => point.Heap), Node("all in the container", 5, point => point.GroupMemory))),
        ("gc", Of("Stopped by the garbage collector, share of the time", ChartUnit.Percent, null, Node("pauses", 0, point => point.GcPause))),
        ("allocated", Of("Allocated a second", ChartUnit.Bytes, null, Node("allocated", 0, point => point.Allocated))),
        ("threads", Of("Threads, sockets, open files", ChartUnit.Count, null, Node("threads", 0, point => point.Threads), Node("sockets", 3, point => point.Sockets), Node("open files", 5, point => point.OpenFiles))),
        ("disk", Of("Free on the disk of DATA_DIR", ChartUnit.Bytes, null, Node("free", 0, point => point.DiskFree))),
        ("database", Of("Database size", ChartUnit.Bytes, null, Database("size", 0, point => point.Bytes))),
        ("connections", Of("Connections of the database server", ChartUnit.Count, _database.Max(point => (double?)point?.MaxConnections), Database("open", 0, point => point.Connections), Database("running a statement", 3, point => point.Active))),
    ];

    private ChartSeries Node(string name, int color, Func<NodePoint, double?> value) => new(name, color, [.. _points.Select(point => point is null ? null : value(point))]);

    private ChartSeries Database(string name, int color, Func<DatabasePoint, double?> value) => new(name, color, [.. _database.Select(point => point is null ? null : value(point))]);

    private ChartModel Of(string title, ChartUnit unit, double? limit, params ChartSeries[] series) =>
        // What this machine never tells, such as a quota where there is none, is left out.
        new(title, unit, ChartKind.Lines, _starts, _range.To, _range.Zone.Id, [.. series.Where(one => one.Values.Any(value => value is not null))]) { Limit = limit, RangeHref = _address };
}
