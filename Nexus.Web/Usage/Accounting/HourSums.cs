using Npgsql;

namespace Nexus.Web.Usage.Accounting;

/// <summary>What the ledger, or a rollup, adds up to in a stretch of time; every column that both have.</summary>
internal sealed record HourSums(long[] Values)
{
    public static IReadOnlyList<string> Names { get; } = ["requests", "input", "output", "cache_creation_5m", "cache_creation_1h", "cache_read", "estimated_output", "tool_calls", "cost_micros", "cache_savings_micros", "duration_ms"];

    private const string Columns = "coalesce(sum(input_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint, coalesce(sum(cache_creation_5m_tokens), 0)::bigint, coalesce(sum(cache_creation_1h_tokens), 0)::bigint, coalesce(sum(cache_read_tokens), 0)::bigint, coalesce(sum(estimated_output_tokens), 0)::bigint, coalesce(sum(tool_calls), 0)::bigint, coalesce(sum(cost_micros), 0)::bigint, coalesce(sum(cache_savings_micros), 0)::bigint, coalesce(sum(duration_ms), 0)::bigint";

    /// <summary>The ledger, usage_5m and usage_15m, in one round trip.</summary>
    public static async Task<(HourSums Ledger, HourSums FiveMinutes, HourSums Quarters)> ReadAsync(NpgsqlConnection connection, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var sql in new[]
        {
            $"SELECT count(*), {Columns} FROM requests WHERE started_at >= $1 AND started_at < $2",
            $"SELECT coalesce(sum(requests), 0)::bigint, {Columns} FROM usage_5m WHERE bucket >= $1 AND bucket < $2",
            $"SELECT coalesce(sum(requests), 0)::bigint, {Columns} FROM usage_15m WHERE bucket >= $1 AND bucket < $2",
        })
            batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = from }, new() { Value = until } } });
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        return (await NextAsync(reader, cancellation), await NextAsync(reader, cancellation), await NextAsync(reader, cancellation));
    }

    /// <summary>Columns in which another differs, as "cost_micros +120"; empty when none does.</summary>
    public string DriftOf(HourSums rollup) =>
        string.Join(", ", Names.Zip(Values.Zip(rollup.Values)).Where(pair => pair.Second.First != pair.Second.Second).Select(pair => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{pair.First} {pair.Second.Second - pair.Second.First:+0;-0}")));

    private static async Task<HourSums> NextAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        await reader.ReadAsync(cancellation);
        var values = new long[Names.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = reader.GetInt64(i);
        await reader.NextResultAsync(cancellation);
        return new(values);
    }
}
