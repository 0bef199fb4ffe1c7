namespace Nexus.Web.Pages.Shared;

/// <summary>Sums over a stretch of time, as the overview shows them.</summary>
public sealed record Figures(long Requests, long Errors, TokenFigures Tokens, Latency Whole, Latency FirstByte)
{
    /// <summary>Micro-dollars.</summary>
    public long CostMicros { get; init; }

    /// <summary>The part of the cost that is an estimate.</summary>
    public long EstimatedCostMicros { get; init; }

    /// <summary>Requests of models that no price names.</summary>
    public long Unpriced { get; init; }
}

/// <summary>Tokens by class; input counts neither what was read from the cache nor what was written to it.</summary>
public sealed record TokenFigures(long Input, long Output, long CacheRead, long CacheWrite5m, long CacheWrite1h)
{
    public long Prompt => Input + CacheRead + CacheWrite5m + CacheWrite1h;

    public long CacheWrite => CacheWrite5m + CacheWrite1h;
}

/// <summary>Percentiles in milliseconds; null when there was no request.</summary>
public sealed record Latency(double? P50, double? P95, double? P99);

public sealed record HourFigures(DateTimeOffset At, long Requests, long Errors)
{
    /// <summary>Where it ends on the same clock, which may have been changed within it.</summary>
    public DateTimeOffset Until { get; init; } = At.AddHours(1);

    /// <summary>Micro-dollars.</summary>
    public long CostMicros { get; init; }

    public long Prompt { get; init; }

    public long Output { get; init; }
}

public sealed record ModelFigures(string Domain, string Model, long Requests, long Errors, TokenFigures Tokens)
{
    /// <summary>Micro-dollars.</summary>
    public long CostMicros { get; init; }

    /// <summary>The part of the cost that is an estimate.</summary>
    public long EstimatedCostMicros { get; init; }
}
