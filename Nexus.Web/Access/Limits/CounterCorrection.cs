using Nexus.Web.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Access.Limits;

/// <summary>Brings <c>limit_counters</c> along when stored requests are costed anew, in the transaction that does it and under the shared accounting lock.</summary>
internal static class CounterCorrection
{
    /// <param name="differences">By how many micro-dollars each row's cost changed.</param>
    public static async Task AddAsync(NpgsqlConnection connection, IReadOnlyList<(LedgerRow Row, long Micros)> differences, CancellationToken cancellation)
    {
        if (differences.All(difference => difference.Micros == 0))
            return;
        var sums = new SortedDictionary<CounterKey, long>(Comparer<CounterKey>.Create(LimitCounters.Compare));
        foreach (var limit in await LimitCounters.BudgetsAsync(connection, cancellation))
            foreach (var (row, micros) in differences)
                if (LimitCounters.SubjectOf(limit, row) is { } subject && Period.Of(limit, row.StartedAt) is var period && period.Contains(row.StartedAt))
                {
                    var key = new CounterKey(limit.Id, subject, period);
                    sums[key] = sums.GetValueOrDefault(key) + micros;
                }

        if (sums.Count == 0)
            return;
        // Counters of periods that are over may be gone already: nothing is made for them.
        await using var update = new NpgsqlCommand("""
            UPDATE limit_counters AS counter SET micros = counter.micros + difference.micros
            FROM unnest($1, $2, $3, $4) AS difference (limit_id, subject, period_start, micros)
            WHERE counter.limit_id = difference.limit_id AND counter.subject = difference.subject AND counter.period_start = difference.period_start
            """, connection);
        update.Parameters.Add(new() { Value = sums.Keys.Select(key => key.LimitId).ToArray() });
        update.Parameters.Add(new() { Value = sums.Keys.Select(key => key.Subject).ToArray() });
        update.Parameters.Add(new() { Value = sums.Keys.Select(key => key.Period.Start).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        update.Parameters.Add(new() { Value = sums.Values.ToArray() });
        await update.ExecuteNonQueryAsync(cancellation);
    }
}
