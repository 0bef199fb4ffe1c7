using System.Globalization;
using Nexus.Web.Operations.Resources;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Pages.Shared.Resources;

namespace Nexus.Web.Pages.Resources;

/// <summary>Samples as the page's tiles and its weekly comparison.</summary>
internal static class ResourceViews
{
    /// <summary>The newest step with samples; null where there is none.</summary>
    public static NodeNow? Now(IReadOnlyList<NodePoint> points) => points.Count == 0 ? null : points[^1] is var last
        ? new(last.Cpu, last.GroupCpu, last.CpuLimit, last.Memory, last.GroupMemory, last.MemoryLimit, last.Heap, last.GcPause, last.Threads, last.Sockets, last.OpenFiles, last.DiskFree, last.Disk)
        : null;

    public static IReadOnlyList<WeekLine> Weeks(WeekOfNode? week, WeekOfNode? before)
    {
        if (week is null)
            return [];
        WeekLine Line(string name, Func<WeekOfNode, double> value, Func<double, string> words) => new(name, words(value(week)), before is null ? null : words(value(before)), before is null || value(before) == 0 ? null : (value(week) / value(before)) - 1);
        string Bytes(double value) => Display.Bytes((long)value);
        string Count(double value) => value.ToString("0", CultureInfo.InvariantCulture);
        return
        [
            Line("CPU, cores in the mean", one => one.Cpu, value => value.ToString("0.00", CultureInfo.InvariantCulture)), Line("CPU, busiest minute", one => one.CpuMost, value => value.ToString("0.00", CultureInfo.InvariantCulture)),
            Line("Memory in the mean", one => one.Memory, Bytes), Line("Memory at most", one => one.MemoryMost, Bytes), Line("Heap", one => one.Heap, Bytes), Line("Stopped by the collector", one => one.GcPause, value => Display.Percent(value)),
            Line("Threads", one => one.Threads, Count), Line("Sockets", one => one.Sockets, Count), Line("Used on the disk of DATA_DIR", one => one.DiskUsed, Bytes), Line("Database size", one => one.DatabaseBytes, Bytes), Line("Database connections at most", one => one.Connections, Count),
        ];
    }
}
