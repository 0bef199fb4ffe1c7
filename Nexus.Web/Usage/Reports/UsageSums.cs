using Npgsql;

namespace Nexus.Web.Usage.Reports;

/// <summary>Sums over some of the rollups. Costs and savings are millionths of a US dollar.</summary>
public readonly record struct UsageSums(
    long Requests, long Errors, TokenUsage Tokens, long EstimatedOutput, long ToolCalls, long CostMicros, long EstimatedCostMicros, long CacheSavingsMicros, long UnpricedRequests)
{
    /// <summary>The columns of a rollup that <see cref="Read"/> expects, in order.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "requests", "errors", "input_tokens", "output_tokens", "cache_creation_5m_tokens", "cache_creation_1h_tokens", "cache_read_tokens", "estimated_output_tokens",
        "tool_calls", "cost_micros", "estimated_cost_micros", "cache_savings_micros", "unpriced_requests",
    ];

    public static string SumList { get; } = string.Join(", ", Columns.Select(column => $"sum({column})::bigint AS {column}"));

    public long AllTokens => Tokens.Prompt + Tokens.Output;

    /// <summary>Tokens read from the cache as a share of everything that prompts held; null without prompts.</summary>
    public double? CacheHitRate =>
        Tokens.Prompt is > 0 and var prompt ? (double)Tokens.CacheRead / prompt : null;

    public static UsageSums operator +(UsageSums a, UsageSums b) => new(
        a.Requests + b.Requests, a.Errors + b.Errors,
        a.Tokens + b.Tokens,
        a.EstimatedOutput + b.EstimatedOutput, a.ToolCalls + b.ToolCalls, a.CostMicros + b.CostMicros, a.EstimatedCostMicros + b.EstimatedCostMicros,
        a.CacheSavingsMicros + b.CacheSavingsMicros, a.UnpricedRequests + b.UnpricedRequests);

    public static UsageSums operator -(UsageSums a, UsageSums b) => a + b.Negative();

    public static UsageSums Read(NpgsqlDataReader reader, int first)
    {
        long At(int column) => reader.IsDBNull(first + column) ? 0 : reader.GetInt64(first + column);
        return new(At(0), At(1), new(At(2), At(3), At(4), At(5), At(6)), At(7), At(8), At(9), At(10), At(11), At(12));
    }

    private UsageSums Negative() => new(
        -Requests, -Errors, new(-Tokens.Input, -Tokens.Output, -Tokens.CacheCreation5m, -Tokens.CacheCreation1h, -Tokens.CacheRead),
        -EstimatedOutput, -ToolCalls, -CostMicros, -EstimatedCostMicros, -CacheSavingsMicros, -UnpricedRequests);
}
