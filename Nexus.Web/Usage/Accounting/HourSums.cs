using Npgsql;

namespace Nexus.Web.Usage.Accounting;

/// <summary>By how much each rollup of an hour differs from the ledger (of its day: from the day's hours; of accounts: from usage_5m); empty where it does not.</summary>
/// <param name="Tools">By how much the calls by tool are more than the ledger's: they may be less, since calls without a name are in none of them.</param>
internal sealed record HourComparison(string FiveMinutes, string Quarters, string Hours, string Days, string Accounts, string Tools);

/// <summary>What the ledger, or a rollup, adds up to in a stretch of time; every column that both have.</summary>
internal sealed record HourSums(long[] Values)
{
    private static IReadOnlyList<string> Names { get; } = ["requests", "input", "output", "cache_creation_5m", "cache_creation_1h", "cache_read", "estimated_output", "tool_calls", "cost_micros", "cache_savings_micros", "duration_ms"];

    private const string Columns = "coalesce(sum(input_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint, coalesce(sum(cache_creation_5m_tokens), 0)::bigint, coalesce(sum(cache_creation_1h_tokens), 0)::bigint, coalesce(sum(cache_read_tokens), 0)::bigint, coalesce(sum(estimated_output_tokens), 0)::bigint, coalesce(sum(tool_calls), 0)::bigint, coalesce(sum(cost_micros), 0)::bigint, coalesce(sum(cache_savings_micros), 0)::bigint, coalesce(sum(duration_ms), 0)::bigint";

    /// <summary>What an hour of the ledger and of each rollup adds up to, and the day that it lies in by hours and as a day; in one round trip.</summary>
    public static async Task<HourComparison> ReadAsync(NpgsqlConnection connection, DateTimeOffset hour, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        var day = TimeBuckets.StartOf(hour, RollupTier.Day.Width);
        Add($"SELECT count(*), {Columns} FROM requests WHERE started_at >= $1 AND started_at < $2", hour, RollupTier.Hour);
        foreach (var tier in new[] { RollupTier.FiveMinutes, RollupTier.Quarter, RollupTier.Hour })
            Add(Rollup(tier), hour, RollupTier.Hour);
        foreach (var tier in new[] { RollupTier.Hour, RollupTier.Day })
            Add(Rollup(tier), day, RollupTier.Day);
        Add("SELECT coalesce(sum(output_tokens), 0)::bigint FROM usage_5m WHERE bucket >= $1 AND bucket < $2 AND account_id <> ''", hour, RollupTier.Hour);
        Add("SELECT coalesce(sum(output_tokens), 0)::bigint FROM usage_accounts_5m WHERE bucket >= $1 AND bucket < $2", hour, RollupTier.Hour);
        Add("SELECT greatest((SELECT coalesce(sum(calls), 0) FROM usage_tools_15m WHERE bucket >= $1 AND bucket < $2) - (SELECT coalesce(sum(tool_calls), 0) FROM requests WHERE started_at >= $1 AND started_at < $2), 0)::bigint", hour, RollupTier.Hour);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var sums = new HourSums[6];
        for (var i = 0; i < sums.Length; i++)
            sums[i] = await NextAsync(reader, Names.Count, cancellation);
        var accounts = (await NextAsync(reader, 1, cancellation), await NextAsync(reader, 1, cancellation));
        var tools = (await NextAsync(reader, 1, cancellation)).Values[0];
        return new(sums[0].DriftOf(sums[1]), sums[0].DriftOf(sums[2]), sums[0].DriftOf(sums[3]), sums[4].DriftOf(sums[5]), accounts.Item1.DriftOf(accounts.Item2), tools == 0 ? "" : $"calls +{tools}");

        void Add(string sql, DateTimeOffset from, RollupTier length) => batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = from }, new() { Value = from + length.Width } } });
    }

    private static string Rollup(RollupTier tier) => $"SELECT coalesce(sum(requests), 0)::bigint, {Columns} FROM {tier.Table} WHERE bucket >= $1 AND bucket < $2";

    /// <summary>Columns in which another differs, as "cost_micros +120"; empty when none does.</summary>
    private string DriftOf(HourSums rollup) =>
        string.Join(", ", Names.Zip(Values.Zip(rollup.Values)).Where(pair => pair.Second.First != pair.Second.Second).Select(pair => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{pair.First} {pair.Second.Second - pair.Second.First:+0;-0}")));

    private static async Task<HourSums> NextAsync(NpgsqlDataReader reader, int columns, CancellationToken cancellation)
    {
        await reader.ReadAsync(cancellation);
        var values = new long[columns];
        for (var i = 0; i < values.Length; i++)
            values[i] = reader.GetInt64(i);
        await reader.NextResultAsync(cancellation);
        return new(values);
    }
}
