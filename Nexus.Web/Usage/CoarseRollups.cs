using Npgsql;

namespace Nexus.Web.Usage;

/// <summary>
/// The rollups that are sums of finer ones: <c>usage_1h</c> and <c>usage_1d</c> of <c>usage_15m</c>, <c>usage_accounts_5m</c> of
/// <c>usage_5m</c>. They change in the transaction that changes those.
/// </summary>
internal static class CoarseRollups
{
    /// <summary>Adds what is about to be, or has just been, added to the finer ones, in one round trip. Rows are locked in the order of <see cref="RollupTier.All"/>.</summary>
    public static async Task AddAsync(NpgsqlConnection connection, string fiveMinutes, string quarters, CancellationToken cancellation)
    {
        await using var add = new NpgsqlCommand($"{Sum(RollupTier.Hour, quarters, "")}; {Sum(RollupTier.Day, quarters, "")}; {Accounts(fiveMinutes, "")}", connection);
        await add.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Makes the hours and accounts' sums that a stretch touches anew. Call it inside a transaction that holds the accounting lock alone.</summary>
    /// <param name="fine">Whether usage_5m reaches back to it; where not, usage_accounts_5m stays as it is.</param>
    public static async Task DeriveHoursAsync(NpgsqlConnection connection, DateTimeOffset from, DateTimeOffset until, bool fine, CancellationToken cancellation)
    {
        await ReplaceAsync(connection, RollupTier.Hour, RollupTier.Quarter, from, until, cancellation);
        if (fine)
            await ReplaceAsync(connection, "usage_accounts_5m", Accounts(RollupTier.FiveMinutes.Table, "AND bucket >= $1 AND bucket < $2"), from, until, cancellation);
    }

    /// <summary>Makes the days that a stretch touches anew from their hours; under the same lock.</summary>
    public static Task DeriveDaysAsync(NpgsqlConnection connection, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellation) => ReplaceAsync(connection, RollupTier.Day, RollupTier.Hour, from, until, cancellation);

    private static Task ReplaceAsync(NpgsqlConnection connection, RollupTier tier, RollupTier source, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellation) =>
        ReplaceAsync(connection, tier.Table, Sum(tier, source.Table, "WHERE bucket >= $1 AND bucket < $2"), TimeBuckets.StartOf(from, tier.Width), TimeBuckets.StartOf(until + tier.Width - TimeSpan.FromTicks(1), tier.Width), cancellation);

    private static async Task ReplaceAsync(NpgsqlConnection connection, string table, string insert, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var sql in new[] { $"DELETE FROM {table} WHERE bucket >= $1 AND bucket < $2", insert })
            batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = from }, new() { Value = until } } });
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private static string Sum(RollupTier tier, string source, string where) => $"""
        INSERT INTO {tier.Table} AS sum ({RollupColumns.All})
        SELECT date_bin('{tier.Width.TotalMinutes:0} minutes', bucket, '2000-01-01Z') AS start, {RollupColumns.Keys["bucket, ".Length..]}, {RollupColumns.Summed}
        FROM {source} {where} GROUP BY start, {RollupColumns.Keys["bucket, ".Length..]} ORDER BY start, {RollupColumns.LockOrder["bucket, ".Length..]}
        ON CONFLICT ({RollupColumns.Keys}) DO UPDATE SET {RollupColumns.Added}
        """;

    private static string Accounts(string source, string where) => $"""
        INSERT INTO usage_accounts_5m AS sum (bucket, account_id, output_tokens, rate_limit_warnings)
        SELECT bucket, account_id, sum(output_tokens)::bigint, sum(rate_limit_warnings)::bigint FROM {source} WHERE account_id <> '' {where} GROUP BY bucket, account_id ORDER BY bucket, account_id COLLATE "C"
        ON CONFLICT (bucket, account_id) DO UPDATE SET output_tokens = sum.output_tokens + excluded.output_tokens, rate_limit_warnings = sum.rate_limit_warnings + excluded.rate_limit_warnings
        """;
}
