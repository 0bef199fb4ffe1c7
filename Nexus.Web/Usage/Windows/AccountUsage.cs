using Nexus.Web.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Usage.Windows;

internal sealed record AccountDomainUsage(string AccountId, string Domain, long InputTokens, long OutputTokens, long Requests, DateTimeOffset LastRequestAt);

/// <summary>What an account used on one day under one domain.</summary>
public sealed record DayOfTokens(DateOnly Day, string Domain, long Input, long CacheWrite, long CacheRead, long Output, long Requests, long CostMicros, long EstimatedCostMicros);

/// <summary>What accounts used over time.</summary>
internal sealed class AccountUsage(Database database, TimeProvider time)
{
    /// <summary>The resolution of everything here.</summary>
    public static readonly TimeSpan Bucket = TimeSpan.FromMinutes(5);

    /// <summary>One account's buckets from a time on, in order; buckets without requests are left out.</summary>
    public async Task<List<WindowBucket>> BucketsAsync(string accountId, DateTimeOffset from, CancellationToken cancellation) =>
        (await BucketsAsync(from, accountId, cancellation)).GetValueOrDefault(accountId, []);

    /// <summary>The buckets of every account, in one query.</summary>
    public Task<Dictionary<string, List<WindowBucket>>> BucketsAsync(DateTimeOffset from, CancellationToken cancellation) => BucketsAsync(from, null, cancellation);

    /// <summary>One account's tokens by day on a clock and by domain, the newest first.</summary>
    public async Task<List<DayOfTokens>> DaysAsync(string accountId, DateTimeOffset from, TimeZoneInfo zone, CancellationToken cancellation)
    {
        await using var command = database.DataSource.CreateCommand($"""
            SELECT (bucket AT TIME ZONE $3)::date, domain, sum(input_tokens)::bigint, sum(cache_creation_5m_tokens + cache_creation_1h_tokens)::bigint, sum(cache_read_tokens)::bigint,
                sum(output_tokens)::bigint, sum(requests)::bigint, sum(cost_micros)::bigint, sum(estimated_cost_micros)::bigint
            FROM {RollupTier.OfDays(zone, from, time.GetUtcNow()).Table} WHERE bucket >= $1 AND account_id = $2 GROUP BY 1, 2 ORDER BY 1 DESC, 2
            """);
        command.Parameters.Add(new() { Value = from.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = accountId });
        command.Parameters.Add(new() { Value = zone.Id });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var days = new List<DayOfTokens>();
        while (await reader.ReadAsync(cancellation))
            days.Add(new(reader.GetFieldValue<DateOnly>(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6), reader.GetInt64(7), reader.GetInt64(8)));
        return days;
    }

    private async Task<Dictionary<string, List<WindowBucket>>> BucketsAsync(DateTimeOffset from, string? accountId, CancellationToken cancellation)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT account_id, bucket, output_tokens, rate_limit_warnings > 0
            FROM usage_accounts_5m WHERE bucket >= $1 AND ($2 IS NULL OR account_id = $2) ORDER BY bucket
            """);
        command.Parameters.Add(new() { Value = from.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = (object?)accountId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var accounts = new Dictionary<string, List<WindowBucket>>();
        while (await reader.ReadAsync(cancellation))
        {
            var account = reader.GetString(0);
            if (!accounts.TryGetValue(account, out var buckets))
                accounts[account] = buckets = [];
            buckets.Add(new(reader.GetFieldValue<DateTimeOffset>(1), reader.GetInt64(2), reader.GetBoolean(3)));
        }

        return accounts;
    }

    /// <summary>Sums per account and domain from a time on, the most output first.</summary>
    public async Task<List<AccountDomainUsage>> ByDomainAsync(DateTimeOffset from, CancellationToken cancellation)
    {
        await using var command = database.DataSource.CreateCommand($"""
            SELECT account_id, domain, sum(input_tokens)::bigint, sum(output_tokens)::bigint, sum(requests)::bigint, max(last_request_at)
            FROM ({UsageTables.Between(from, DateTimeOffset.MaxValue, time.GetUtcNow())}) AS usage WHERE account_id <> '' GROUP BY account_id, domain ORDER BY 4 DESC, 1, 2
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<AccountDomainUsage>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(new(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetFieldValue<DateTimeOffset>(5)));
        return rows;
    }
}
