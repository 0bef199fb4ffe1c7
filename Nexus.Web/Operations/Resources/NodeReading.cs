using System.Diagnostics;
using Nexus.Web.Operations.Health.Probes;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Resources;

/// <summary>What this process and its cgroup have used since they began: two of them make a sample.</summary>
internal sealed record NodeReading(DateTimeOffset At, TimeSpan Cpu, CpuUse Group, TimeSpan GcPause, int FullCollections, long Allocated)
{
    /// <summary>Asked once: the runtime works it out anew each time, to other fractions of a second.</summary>
    private static readonly DateTimeOffset Started = StartOfProcess();

    public static NodeReading Take(DateTimeOffset now) =>
        new(now, Environment.CpuUsage.TotalTime, CpuUse.Read("/"), GC.GetTotalPauseDuration(), GC.CollectionCount(2), GC.GetTotalAllocatedBytes());

    /// <summary>The stretch from this reading to the next one.</summary>
    /// <param name="at">Where the stretch is said to begin.</param>
    /// <param name="directory">DATA_DIR: whose disk is told.</param>
    public ResourceSampleRow To(NodeReading next, DateTimeOffset at, string directory)
    {
        var seconds = Math.Max(0.001, (next.At - At).TotalSeconds);
        double Share(TimeSpan from, TimeSpan to) => Math.Max(0, (to - from).TotalSeconds / seconds);
        double? GroupShare(TimeSpan? from, TimeSpan? to) => from is { } first && to is { } last ? Share(first, last) : null;
        using var process = Process.GetCurrentProcess();
        var memory = MemoryUse.Read("/");
        var (files, sockets) = Descriptors();
        var disk = new DriveInfo(directory);
        var cpu = Share(Cpu, next.Cpu);
        return new()
        {
            SpanMinutes = 1,
            At = at,
            Node = Environment.MachineName,
            StartedAt = Started,
            Cpu = cpu,
            CpuMost = cpu,
            GroupCpu = GroupShare(Group.Used, next.Group.Used),
            CpuLimit = next.Group.Cores,
            Throttled = GroupShare(Group.HeldBack, next.Group.HeldBack),
            MemoryBytes = process.WorkingSet64,
            MemoryMost = process.WorkingSet64,
            GroupMemoryBytes = memory.IsLimited ? memory.Used : null,
            MemoryLimitBytes = memory.Limit,
            HeapBytes = GC.GetGCMemoryInfo().HeapSizeBytes,
            AllocatedPerSecond = (next.Allocated - Allocated) / seconds,
            GcPause = Share(GcPause, next.GcPause),
            FullCollections = next.FullCollections - FullCollections,
            Threads = process.Threads.Count,
            QueuedWork = ThreadPool.PendingWorkItemCount,
            Sockets = sockets,
            OpenFiles = files,
            DiskFreeBytes = disk.AvailableFreeSpace,
            DiskBytes = disk.TotalSize,
        };
    }

    private static DateTimeOffset StartOfProcess()
    {
        using var process = Process.GetCurrentProcess();
        var start = process.StartTime.ToUniversalTime();
        return new(start.Ticks - (start.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
    }

    private static (int Files, int Sockets) Descriptors()
    {
        var (files, sockets) = (0, 0);
        foreach (var path in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            try
            {
                files++;
                if (new FileInfo(path).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true)
                    sockets++;
            }
            catch (IOException)
            {
                // Closed meanwhile.
            }
        }

        return (files, sockets);
    }
}
