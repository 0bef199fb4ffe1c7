using Nexus.Web.Usage;
using Npgsql;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>Rollup rows without the requests behind them, the same in all tables.</summary>
internal sealed class SeededUsage(NpgsqlDataSource source)
{
    /// <summary>Adds a bucket; <paramref name="at"/> must start five minutes (for the fine table) and is floored to fifteen for the other.</summary>
    public async Task AddAsync(DateTimeOffset at, string domain, string account, long output, string model = "claude-opus-5", long input = 10, long requests = 1, long warnings = 0, string key = "", string owner = "", long costMicros = 0)
    {
        foreach (var (table, minutes) in new[] { ("usage_5m", 5), ("usage_15m", 15) })
        {
            await using var insert = source.CreateCommand($"""
                INSERT INTO {table} AS sum (bucket, domain, account_id, key_id, owner, model, request_type, lane, requests, errors, input_tokens, output_tokens,
                    cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, tool_calls, cost_micros, duration_ms, duration_histogram, first_byte_histogram, last_request_at, rate_limit_warnings)
                VALUES (date_bin('{minutes} minutes', $1, '2000-01-01Z'), $2, $3, $4, $5, $6, 'inference', 'main', $7, 0, $8, $9, 3, 4, 100, 0, $10, 1000, array[]::bigint[], array[]::bigint[], $1, $11)
                ON CONFLICT (bucket, domain, account_id, key_id, owner, model, request_type, lane) DO UPDATE SET requests = sum.requests + excluded.requests,
                    input_tokens = sum.input_tokens + excluded.input_tokens, output_tokens = sum.output_tokens + excluded.output_tokens, cost_micros = sum.cost_micros + excluded.cost_micros
                """);
            foreach (var value in new object[] { at.ToUniversalTime(), domain, account, key, owner, model, requests, input, output, costMicros, warnings })
                insert.Parameters.Add(new() { Value = value });
            await insert.ExecuteNonQueryAsync();
        }

        await using var connection = await source.OpenConnectionAsync();
        var quarter = TimeBuckets.StartOf(at, RollupTier.Quarter.Width);
        await CoarseRollups.DeriveHoursAsync(connection, quarter, quarter + RollupTier.Quarter.Width, fine: true, CancellationToken.None);
        await CoarseRollups.DeriveDaysAsync(connection, quarter, quarter + RollupTier.Quarter.Width, CancellationToken.None);
    }
}
