using Nexus.Web.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Usage.Repricing;

/// <summary>Writes new costs to ledger rows, and the same differences to the rollups that hold them. For one transaction.</summary>
internal static class CostCorrection
{
    private const string Keys = RollupColumns.Keys;
    private const string Delta = $"unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS delta ({Keys}, cost, estimated, savings, unpriced)";

    public static async Task WriteAsync(NpgsqlConnection connection, List<LedgerRow> rows, int version, CancellationToken cancellation)
    {
        // The bounds let the planner leave out the other months' partitions.
        await using var update = new NpgsqlCommand("""
            UPDATE requests AS row SET cost_micros = new.cost, cache_savings_micros = new.savings, cost_estimate = new.estimate, price_version = $6
            FROM unnest($1, $2, $3, $4, $5) AS new (at, id, cost, savings, estimate)
            WHERE row.started_at = new.at AND row.id = new.id AND row.started_at BETWEEN $7 AND $8
            """, connection);
        update.Parameters.Add(new() { Value = rows.Select(row => row.StartedAt).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        update.Parameters.Add(new() { Value = rows.Select(row => row.Id).ToArray() });
        update.Parameters.Add(new() { Value = rows.Select(row => row.CostMicros ?? 0).ToArray() });
        update.Parameters.Add(new() { Value = rows.Select(row => row.CacheSavingsMicros).ToArray() });
        update.Parameters.Add(new() { Value = rows.Select(row => row.CostEstimate).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        update.Parameters.AddWithValue(version);
        update.Parameters.AddWithValue(rows[0].StartedAt);
        update.Parameters.AddWithValue(rows[^1].StartedAt);
        await update.ExecuteNonQueryAsync(cancellation);
    }

    /// <param name="before">Sums of the rows as they were, as <see cref="Rollups.Of"/> gives them.</param>
    /// <param name="after">Sums of the same rows as they are: the same keys in the same order.</param>
    public static async Task AdjustAsync(NpgsqlConnection connection, string table, IReadOnlyList<UsageRow> before, IReadOnlyList<UsageRow> after, CancellationToken cancellation)
    {
        var changes = before.Zip(after, (old, now) => (Key: now, Cost: now.CostMicros - old.CostMicros, Estimated: now.EstimatedCostMicros - old.EstimatedCostMicros,
                Savings: now.CacheSavingsMicros - old.CacheSavingsMicros, Unpriced: now.UnpricedRequests - old.UnpricedRequests))
            .Where(change => (change.Cost, change.Estimated, change.Savings, change.Unpriced) != (0, 0, 0, 0)).ToList();
        if (changes.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(connection);
        foreach (var sql in new[]
        {
            // Locks are taken in the order of ingest, so that the two never wait for each other.
            $"""
            SELECT 1 FROM {table} JOIN {Delta} USING ({Keys})
            ORDER BY bucket, domain COLLATE "C", account_id COLLATE "C", key_id COLLATE "C", owner COLLATE "C", model COLLATE "C", request_type COLLATE "C", lane COLLATE "C" FOR UPDATE OF {table}
            """,
            $"""
            UPDATE {table} AS sum SET cost_micros = sum.cost_micros + delta.cost, estimated_cost_micros = sum.estimated_cost_micros + delta.estimated,
            cache_savings_micros = sum.cache_savings_micros + delta.savings, unpriced_requests = sum.unpriced_requests + delta.unpriced FROM {Delta}
            WHERE {string.Join(" AND ", Keys.Split(", ").Select(key => $"sum.{key} = delta.{key}"))}
            """,
        })
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.Add(new() { Value = changes.Select(change => change.Key.Bucket).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
            foreach (var key in new Func<UsageRow, string>[] { row => row.Domain, row => row.AccountId, row => row.KeyId, row => row.Owner, row => row.Model, row => row.RequestType, row => row.Lane })
                command.Parameters.Add(new() { Value = changes.Select(change => key(change.Key)).ToArray() });
            command.Parameters.Add(new() { Value = changes.Select(change => change.Cost).ToArray() });
            command.Parameters.Add(new() { Value = changes.Select(change => change.Estimated).ToArray() });
            command.Parameters.Add(new() { Value = changes.Select(change => change.Savings).ToArray() });
            command.Parameters.Add(new() { Value = changes.Select(change => change.Unpriced).ToArray() });
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancellation);
    }
}
