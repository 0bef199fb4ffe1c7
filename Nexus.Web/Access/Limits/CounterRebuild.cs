using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Access.Limits;

/// <summary>Makes a limit's counters anew from the quarter-hour rollups: when it is made or changed, and when rollups were.</summary>
/// <remarks>Every period begins on a quarter of an hour in every time zone, so the rollups add up to it exactly.</remarks>
internal static class CounterRebuild
{
    /// <summary>History that a new limit is shown with.</summary>
    public static readonly TimeSpan Back = TimeSpan.FromDays(35);

    /// <summary>Replaces the counters of all periods that end after <paramref name="from"/>. Call it inside a transaction that holds the accounting lock alone.</summary>
    public static async Task RunAsync(NpgsqlConnection connection, LimitRow limit, DateTimeOffset from, DateTimeOffset now, CancellationToken cancellation)
    {
        // Who is named has no credit at any node that knows the limit; a counter of today would hold up grants for seconds.
        var created = limit.Subject == "*" ? now : now - TimeSpan.FromMinutes(1);
        await using (var delete = new NpgsqlCommand("DELETE FROM limit_counters WHERE limit_id = $1 AND period_end > $2", connection) { Parameters = { new() { Value = limit.Id }, new() { Value = from } } })
            await delete.ExecuteNonQueryAsync(cancellation);
        if (limit.Amount is null)
            return;
        var sums = await SumsAsync(connection, limit, Period.Of(limit, from).Start, Period.Never, cancellation);
        if (limit.Subject != "*")
            sums.TryAdd(new(limit.Id, limit.Subject, Period.Of(limit, now)), default);
        await using var insert = new NpgsqlCommand("""
            INSERT INTO limit_counters (limit_id, subject, period_start, period_end, micros, tokens, requests, created_at)
            SELECT *, $8 FROM unnest($1, $2, $3, $4, $5, $6, $7)
            """, connection);
        Array(insert, NpgsqlDbType.Text, sums.Keys.Select(key => key.LimitId));
        Array(insert, NpgsqlDbType.Text, sums.Keys.Select(key => key.Subject));
        Array(insert, NpgsqlDbType.TimestampTz, sums.Keys.Select(key => key.Period.Start));
        Array(insert, NpgsqlDbType.TimestampTz, sums.Keys.Select(key => key.Period.End));
        Array(insert, NpgsqlDbType.Bigint, sums.Values.Select(sum => sum.Micros));
        Array(insert, NpgsqlDbType.Bigint, sums.Values.Select(sum => sum.Tokens));
        Array(insert, NpgsqlDbType.Bigint, sums.Values.Select(sum => sum.Requests));
        insert.Parameters.Add(new() { Value = created });
        await insert.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>What the rollups of a stretch of time add up to, per subject and period.</summary>
    public static async Task<SortedDictionary<CounterKey, (long Micros, long Tokens, long Requests)>> SumsAsync(NpgsqlConnection connection, LimitRow limit, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellation)
    {
        var sums = new SortedDictionary<CounterKey, (long Micros, long Tokens, long Requests)>(Comparer<CounterKey>.Create(LimitCounters.Compare));
        await using var command = LimitUsage.Command(limit, from, until, RollupTier.Quarter);
        command.Connection = connection;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var period = default(Period);
        while (await reader.ReadAsync(cancellation))
        {
            var bucket = reader.GetFieldValue<DateTimeOffset>(0);
            if (!period.Contains(bucket))
                period = Period.Of(limit, bucket);
            if (!period.Contains(bucket))
                continue; // before a total began
            var key = new CounterKey(limit.Id, reader.GetString(1), period);
            var sum = sums.GetValueOrDefault(key);
            sums[key] = (sum.Micros + reader.GetInt64(2), sum.Tokens + reader.GetInt64(3), sum.Requests + reader.GetInt64(4));
        }

        return sums;
    }

    /// <summary>The counters of a period that are not empty.</summary>
    public static async Task<Dictionary<CounterKey, (long Micros, long Tokens, long Requests)>> StoredAsync(NpgsqlConnection connection, LimitRow limit, Period period, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT subject, micros, tokens, requests FROM limit_counters WHERE limit_id = $1 AND period_start = $2 AND requests > 0", connection) { Parameters = { new() { Value = limit.Id }, new() { Value = period.Start } } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var stored = new Dictionary<CounterKey, (long, long, long)>();
        while (await reader.ReadAsync(cancellation))
            stored[new(limit.Id, reader.GetString(0), period)] = (reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
        return stored;
    }

    private static void Array<T>(NpgsqlCommand command, NpgsqlDbType type, IEnumerable<T> values) =>
        command.Parameters.Add(new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type });
}
