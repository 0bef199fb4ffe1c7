namespace Nexus.Web.Storage;

/// <summary>
/// What one node used over a minute, or over an hour as its minutes add up to (table <c>resource_samples</c>). Rates are means over
/// the stretch, everything else is what was there at its end, and in rows of an hour the mean of it.
/// </summary>
internal sealed class ResourceSampleRow
{
    /// <summary>1 or 60.</summary>
    public required short SpanMinutes { get; set; }

    /// <summary>Where the stretch begins.</summary>
    public required DateTimeOffset At { get; set; }

    /// <summary>Name of the machine.</summary>
    public required string Node { get; set; }

    /// <summary>When the process started: another one than in the row before tells of a restart.</summary>
    public required DateTimeOffset StartedAt { get; set; }

    /// <summary>Cores that the process kept busy.</summary>
    public required double Cpu { get; set; }

    /// <summary>The busiest minute's.</summary>
    public required double CpuMost { get; set; }

    /// <summary>The same of all processes of the cgroup, the private PostgreSQL's too; null where none is told.</summary>
    public double? GroupCpu { get; set; }

    /// <summary>Cores that may be used: the cgroup's quota, else the machine's.</summary>
    public required double CpuLimit { get; set; }

    /// <summary>Share of the time in which the quota held the cgroup back.</summary>
    public double? Throttled { get; set; }

    /// <summary>Resident set of the process.</summary>
    public required long MemoryBytes { get; set; }

    /// <summary>The largest minute's.</summary>
    public required long MemoryMost { get; set; }

    /// <summary>Memory of the cgroup without file pages that can be dropped, as <c>docker stats</c> counts it.</summary>
    public long? GroupMemoryBytes { get; set; }

    /// <summary>What may be used: the cgroup's limit, else the machine's memory.</summary>
    public required long MemoryLimitBytes { get; set; }

    /// <summary>Size of the garbage collector's heap after its last collection.</summary>
    public required long HeapBytes { get; set; }

    /// <summary>Bytes allocated a second.</summary>
    public required double AllocatedPerSecond { get; set; }

    /// <summary>Share of the time in which a collection stopped all threads.</summary>
    public required double GcPause { get; set; }

    /// <summary>Collections of the oldest generation; the sum in rows of an hour.</summary>
    public required int FullCollections { get; set; }

    /// <summary>Of the process, the runtime's own included.</summary>
    public required int Threads { get; set; }

    /// <summary>Work that waits for a thread of the pool.</summary>
    public required long QueuedWork { get; set; }

    public required int Sockets { get; set; }

    /// <summary>Open file descriptors, sockets included.</summary>
    public required int OpenFiles { get; set; }

    /// <summary>Free for this user on the disk of DATA_DIR.</summary>
    public required long DiskFreeBytes { get; set; }

    public required long DiskBytes { get; set; }
}
