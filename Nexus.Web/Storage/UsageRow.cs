namespace Nexus.Web.Storage;

/// <summary>Rollup of the ledger by time and dimension. Dimensions are never null: an unknown one is <c>''</c>.</summary>
internal abstract class UsageRow
{
    /// <summary>Start of the 5 or 15 minutes, the hour or the day, UTC.</summary>
    public required DateTimeOffset Bucket { get; set; }

    public required string Domain { get; set; }
    public required string AccountId { get; set; }
    public required string KeyId { get; set; }
    public required string Owner { get; set; }

    /// <summary>The model served, else the one asked for.</summary>
    public required string Model { get; set; }

    public required string RequestType { get; set; }
    public required string Lane { get; set; }
    public long Requests { get; set; }

    /// <summary>Requests whose outcome is an error: upstream_error, upstream_cut, upstream_timeout, refused, interrupted.</summary>
    public long Errors { get; set; }

    public long InputTokens { get; set; }
    public long OutputTokens { get; set; }
    public long CacheCreation5mTokens { get; set; }
    public long CacheCreation1hTokens { get; set; }
    public long CacheReadTokens { get; set; }
    public long ToolCalls { get; set; }
    public long EstimatedOutputTokens { get; set; }

    /// <summary>Millionths of a US dollar.</summary>
    public long CostMicros { get; set; }

    /// <summary>The part of <see cref="CostMicros"/> that is an estimate.</summary>
    public long EstimatedCostMicros { get; set; }

    public long CacheSavingsMicros { get; set; }

    /// <summary>Requests of models without a price.</summary>
    public long UnpricedRequests { get; set; }

    /// <summary>Answers whose <c>anthropic-ratelimit-unified-status</c> was <c>allowed_warning</c>.</summary>
    public long RateLimitWarnings { get; set; }

    public long DurationMs { get; set; }

    /// <summary>Arrival of the newest request counted here.</summary>
    public DateTimeOffset LastRequestAt { get; set; }
}

/// <summary>Those that ingest sums up itself, with latencies (tables <c>usage_5m</c> and <c>usage_15m</c>).</summary>
internal abstract class FineUsageRow : UsageRow
{
    /// <summary>Requests per bucket of <see cref="Usage.LatencyBuckets"/> by their whole duration.</summary>
    public required long[] DurationHistogram { get; set; }

    /// <summary>The same by time to first byte; requests without one are not counted.</summary>
    public required long[] FirstByteHistogram { get; set; }
}

internal sealed class Usage5m : FineUsageRow;

internal sealed class Usage15m : FineUsageRow;

/// <summary>Sums of <c>usage_15m</c> by the hour: narrow, for stretches of days and months.</summary>
internal sealed class Usage1h : UsageRow;

/// <summary>The same by the day of UTC.</summary>
internal sealed class Usage1d : UsageRow;

/// <summary>A stretch of time, put together from several of the tables; of none itself.</summary>
internal sealed class UsageSlice : UsageRow;

/// <summary>Sums of <c>usage_5m</c> by account alone, for windows that slide (table <c>usage_accounts_5m</c>).</summary>
internal sealed class AccountUsageRow
{
    public required DateTimeOffset Bucket { get; set; }
    public required string AccountId { get; set; }
    public long OutputTokens { get; set; }
    public long RateLimitWarnings { get; set; }
}
