using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Usage;

/// <summary>Compares what the ledger adds up to with what each rollup holds, by bucket, dimension and column.</summary>
internal static class LedgerSums
{
    private static readonly string[] Summed = ["input_tokens", "output_tokens", "cache_creation_5m_tokens", "cache_creation_1h_tokens", "cache_read_tokens", "tool_calls", "estimated_output_tokens", "cache_savings_micros", "duration_ms"];

    public static async Task AssertEqualRollupsAsync(string database)
    {
        foreach (var (table, width) in new[] { ("usage_5m", "5 minutes"), ("usage_15m", "15 minutes"), ("usage_1h", "1 hour"), ("usage_1d", "1 day") })
        {
            var columns = string.Join(", ", Summed);
            var sums = string.Join(", ", Summed.Select(column => $"sum({column})::bigint"));
            Assert.Equal(0L, await NumberAsync(database, $"""
                WITH ledger AS (
                    SELECT date_bin('{width}', started_at, '2000-01-01Z') AS bucket, domain, coalesce(account_id, ''), coalesce(key_id, ''), coalesce(owner, ''), coalesce(model_served, model_requested, ''), coalesce(request_type, ''), lane,
                        count(*), {sums}, coalesce(sum(cost_micros), 0)::bigint, coalesce(sum(cost_micros) FILTER (WHERE cost_estimate IS NOT NULL), 0)::bigint, count(*) FILTER (WHERE cost_estimate LIKE 'unpriced%')
                    FROM requests GROUP BY 1, 2, 3, 4, 5, 6, 7, 8),
                rollup AS (SELECT bucket, domain, account_id, key_id, owner, model, request_type, lane, requests, {columns}, cost_micros, estimated_cost_micros, unpriced_requests FROM {table})
                SELECT (SELECT count(*) FROM (SELECT * FROM ledger EXCEPT SELECT * FROM rollup) AS missing) + (SELECT count(*) FROM (SELECT * FROM rollup EXCEPT SELECT * FROM ledger) AS wrong)
                """));
        }

        Assert.Equal(0L, await NumberAsync(database, """
            WITH accounts AS (
                SELECT date_bin('5 minutes', started_at, '2000-01-01Z') AS bucket, account_id, sum(output_tokens)::bigint AS output_tokens, count(*) FILTER (WHERE rate_limit_status = 'allowed_warning') AS rate_limit_warnings
                FROM requests WHERE account_id IS NOT NULL GROUP BY 1, 2)
            SELECT (SELECT count(*) FROM (SELECT * FROM accounts EXCEPT SELECT * FROM usage_accounts_5m) AS missing) + (SELECT count(*) FROM (SELECT * FROM usage_accounts_5m EXCEPT SELECT * FROM accounts) AS wrong)
            """));
    }

    public static async Task<long> NumberAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
