namespace Nexus.Web.Pages.Shared.Database;

/// <summary>What the page Database shows. Sizes in bytes, times in milliseconds.</summary>
public sealed class DatabaseView
{
    public required bool IsPrivate { get; init; }
    public required string Version { get; init; }
    public required long Bytes { get; init; }

    /// <summary>Bytes a day; null while too little is known.</summary>
    public double? PerDay { get; init; }

    /// <summary>When the private server's disk is full, in words.</summary>
    public string? Disk { get; init; }

    public required int MaxConnections { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public double? CacheHit { get; init; }
    public required long Deadlocks { get; init; }
    public required long TempBytes { get; init; }
    public required string Autovacuum { get; init; }

    /// <summary>Null: their sizes wait for a lock.</summary>
    public IReadOnlyList<TableLine>? Tables { get; init; }

    public required IReadOnlyList<IndexLine> Indexes { get; init; }
    public required IReadOnlyList<SessionLine> Sessions { get; init; }
    public required IReadOnlyList<PoolLine> Pools { get; init; }
    public required IReadOnlyList<RunningLine> Running { get; init; }
    public required IReadOnlyList<LockLine> Locks { get; init; }

    /// <summary>Null: pg_stat_statements does not tell, for <see cref="SlowReason"/>.</summary>
    public IReadOnlyList<SlowLine>? Slow { get; init; }

    public string? SlowReason { get; init; }
    public required int ThresholdMs { get; init; }
    public required IReadOnlyList<OwnSlowLine> Own { get; init; }
}

/// <param name="Bloat">Estimated; null where nothing was analyzed yet.</param>
/// <param name="PerDay">Growth; null while too little is known.</param>
public sealed record TableLine(string Name, int Partitions, long Rows, long Dead, long Heap, long Indexes, long Toast, long Total, long? Bloat, DateTimeOffset? Vacuumed, DateTimeOffset? Analyzed, double? PerDay);

public sealed record IndexLine(string Name, string Table, long Bytes, long Scans);

public sealed record SessionLine(string State, int Here, int Elsewhere);

public sealed record PoolLine(string Name, long Used, long Idle, long Most);

public sealed record RunningLine(int Pid, string Application, string State, double Milliseconds, string? Wait, string Sql);

public sealed record LockLine(int Pid, string Lock, string? On, double Milliseconds, string Sql, string BlockedBy, string? Blocker);

public sealed record SlowLine(string Sql, long Calls, double MeanMs, double TotalMs, double WorstMs, long Rows);

/// <summary>A line of Nexus's own slow-query log.</summary>
public sealed record OwnSlowLine(DateTimeOffset At, double Milliseconds, string Service, string? RequestId, string Sql);
