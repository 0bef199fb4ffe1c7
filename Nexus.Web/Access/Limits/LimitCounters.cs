using Nexus.Web.Storage;
using Nexus.Web.Usage.Accounting;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Access.Limits;

/// <summary>What is added to one counter.</summary>
internal readonly record struct CounterKey(string LimitId, string Subject, Period Period);

/// <summary>
/// Keeps <c>limit_counters</c> the sum of the ledger: added to in the transaction that inserts the rows, under the shared
/// <see cref="AccountingLock"/>, so that a limit that is made meanwhile counts each row exactly once.
/// </summary>
internal static class LimitCounters
{
    /// <summary>What counts as tokens of a limit: cache reads do not, as in Anthropic's own rate limits.</summary>
    public static long TokensOf(LedgerRow row) => row.InputTokens + row.OutputTokens + row.EstimatedOutputTokens + row.CacheCreation5mTokens + row.CacheCreation1hTokens;

    /// <summary>The same of a rollup, in SQL.</summary>
    public const string TokensSql = "input_tokens + output_tokens + estimated_output_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens";

    /// <param name="rows">Those that were really inserted.</param>
    public static async Task AddAsync(NpgsqlConnection connection, IReadOnlyList<LedgerRow> rows, DateTimeOffset now, CancellationToken cancellation)
    {
        var limits = await BudgetsAsync(connection, cancellation);
        if (limits.Count == 0)
            return;
        var sums = new SortedDictionary<CounterKey, (long Micros, long Tokens, long Requests)>(Comparer<CounterKey>.Create(Compare));
        foreach (var limit in limits)
            foreach (var row in rows)
                if (SubjectOf(limit, row) is { } subject && Period.Of(limit, row.StartedAt) is var period && period.Contains(row.StartedAt))
                {
                    var key = new CounterKey(limit.Id, subject, period);
                    var sum = sums.GetValueOrDefault(key);
                    sums[key] = (sum.Micros + (row.CostMicros ?? 0), sum.Tokens + TokensOf(row), sum.Requests + 1);
                }

        if (sums.Count > 0)
            await ThresholdNotices.AddAsync(connection, limits, await UpsertAsync(connection, sums, cancellation), now, cancellation);
    }

    /// <summary>Every limit with a budget; disabled ones are counted, too, so that they can be enabled at any time.</summary>
    public static async Task<List<LimitRow>> BudgetsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"SELECT {LimitColumns.Names} FROM limits WHERE amount IS NOT NULL ORDER BY id", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var limits = new List<LimitRow>();
        while (await reader.ReadAsync(cancellation))
            limits.Add(LimitColumns.Read(reader));
        return limits;
    }

    /// <summary>By limit, subject and period, so that whoever locks several counters does it in one order.</summary>
    public static int Compare(CounterKey a, CounterKey b)
    {
        var byLimit = string.CompareOrdinal(a.LimitId, b.LimitId);
        if (byLimit != 0)
            return byLimit;
        var bySubject = string.CompareOrdinal(a.Subject, b.Subject);
        return bySubject != 0 ? bySubject : a.Period.Start.CompareTo(b.Period.Start);
    }

    /// <summary>The counter that a row belongs to; null when the limit is not about it.</summary>
    public static string? SubjectOf(LimitRow limit, LedgerRow row)
    {
        if (limit.Scope == "all")
            return "";
        var subject = limit.Scope switch { "key" => row.KeyId, "owner" => row.Owner, _ => row.Domain };
        return subject is { Length: > 0 } && (limit.Subject == "*" || limit.Subject == subject) ? subject : null;
    }

    private static async Task<List<LimitCounterRow>> UpsertAsync(NpgsqlConnection connection, SortedDictionary<CounterKey, (long Micros, long Tokens, long Requests)> sums, CancellationToken cancellation)
    {
        await using var upsert = new NpgsqlCommand("""
            INSERT INTO limit_counters AS counter (limit_id, subject, period_start, period_end, micros, tokens, requests)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (limit_id, subject, period_start) DO UPDATE SET
                micros = counter.micros + excluded.micros, tokens = counter.tokens + excluded.tokens, requests = counter.requests + excluded.requests
            RETURNING limit_id, subject, period_start, period_end, micros, tokens, requests
            """, connection);
        Array(upsert, NpgsqlDbType.Text, sums.Keys.Select(key => key.LimitId));
        Array(upsert, NpgsqlDbType.Text, sums.Keys.Select(key => key.Subject));
        Array(upsert, NpgsqlDbType.TimestampTz, sums.Keys.Select(key => key.Period.Start));
        Array(upsert, NpgsqlDbType.TimestampTz, sums.Keys.Select(key => key.Period.End));
        Array(upsert, NpgsqlDbType.Bigint, sums.Values.Select(sum => sum.Micros));
        Array(upsert, NpgsqlDbType.Bigint, sums.Values.Select(sum => sum.Tokens));
        Array(upsert, NpgsqlDbType.Bigint, sums.Values.Select(sum => sum.Requests));
        await using var reader = await upsert.ExecuteReaderAsync(cancellation);
        var counters = new List<LimitCounterRow>();
        while (await reader.ReadAsync(cancellation))
            counters.Add(new()
            {
                LimitId = reader.GetString(0),
                Subject = reader.GetString(1),
                PeriodStart = reader.GetFieldValue<DateTimeOffset>(2),
                PeriodEnd = reader.GetFieldValue<DateTimeOffset>(3),
                Micros = reader.GetInt64(4),
                Tokens = reader.GetInt64(5),
                Requests = reader.GetInt64(6),
            });
        return counters;
    }

    private static void Array<T>(NpgsqlCommand command, NpgsqlDbType type, IEnumerable<T> values) =>
        command.Parameters.Add(new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type });
}
