namespace Nexus.Web.Usage;

/// <summary>The columns that all rollups have, for SQL.</summary>
internal static class RollupColumns
{
    /// <summary>The primary key: the bucket, then the dimensions.</summary>
    public const string Keys = "bucket, domain, account_id, key_id, owner, model, request_type, lane";

    public const string Sums = "requests, errors, input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, tool_calls, estimated_output_tokens, cost_micros, estimated_cost_micros, cache_savings_micros, unpriced_requests, rate_limit_warnings, duration_ms";

    public const string All = $"{Keys}, {Sums}, last_request_at";

    /// <summary>The keys' order in which everybody takes rows' locks.</summary>
    public const string LockOrder = """bucket, domain COLLATE "C", account_id COLLATE "C", key_id COLLATE "C", owner COLLATE "C", model COLLATE "C", request_type COLLATE "C", lane COLLATE "C" """;

    /// <summary>The assignments of an upsert into a table that goes by the name <c>sum</c>.</summary>
    public static string Added { get; } = string.Join(", ", Sums.Split(", ").Select(column => $"{column} = sum.{column} + excluded.{column}")) + ", last_request_at = greatest(sum.last_request_at, excluded.last_request_at)";

    /// <summary>The sums over rows of another rollup, in the order of <see cref="Sums"/>, and their newest request.</summary>
    public static string Summed { get; } = string.Join(", ", Sums.Split(", ").Select(column => $"sum({column})::bigint")) + ", max(last_request_at)";
}
