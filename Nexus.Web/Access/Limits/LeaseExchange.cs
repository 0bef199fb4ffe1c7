using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Access.Limits;

/// <summary>
/// Writes what this node claims of each budget and is granted more, in one transaction that locks the budget's counter: what
/// is used and what all nodes claim together never exceed it. See docs/decisions/007-budgets.md.
/// </summary>
internal static class LeaseExchange
{
    /// <summary>How long a counter must be there before more than the credits is granted of it: every living node has read it by then.</summary>
    private const string Settled = "2 seconds";

    /// <param name="claims">In any order; grants are given to their gates when the transaction is committed.</param>
    public static async Task RunAsync(NpgsqlConnection connection, Guid node, IReadOnlyList<(LimitGate Gate, Claim Claim)> claims, DateTimeOffset at, CancellationToken cancellation)
    {
        var sorted = claims.OrderBy(claim => claim.Gate.Limit.Id, StringComparer.Ordinal).ThenBy(claim => claim.Gate.Subject, StringComparer.Ordinal).ToList();
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var budgets = sorted.Where(claim => claim.Gate.Limit is { Amount: not null, Hard: true } && claim.Claim.Want > 0).ToList();
        var left = budgets.Count == 0 ? [] : await LeftAsync(connection, node, budgets, cancellation);
        var grants = new long[sorted.Count];
        for (var i = 0; i < sorted.Count; i++)
        {
            var (gate, claim) = sorted[i];
            if (left.TryGetValue((gate.Limit.Id, gate.Subject), out var state))
                grants[i] = Grant(gate.Limit.BudgetAt(at) - state.Used - state.Others - claim.Amount, claim, state.Alone, state.Fresh);
        }

        await WriteAsync(connection, node, sorted, grants, cancellation);
        await transaction.CommitAsync(cancellation);
        for (var i = 0; i < sorted.Count; i++)
            if (grants[i] > 0)
                sorted[i].Gate.Granted(sorted[i].Claim.Period, grants[i]);
    }

    /// <summary>Half of what nobody claims, so that grants shrink with it; all of it to a node that had to turn a request away, or that is alone.</summary>
    private static long Grant(long unclaimed, Claim claim, bool alone, bool fresh)
    {
        if (unclaimed <= 0 || (fresh && !alone))
            return 0;
        return Math.Min(claim.Want, alone || claim.Wanted > 0 ? unclaimed : unclaimed / 2);
    }

    private static async Task<Dictionary<(string, string), (long Used, long Others, bool Alone, bool Fresh)>> LeftAsync(NpgsqlConnection connection, Guid node, List<(LimitGate Gate, Claim Claim)> budgets, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("""
                    INSERT INTO limit_counters (limit_id, subject, period_start, period_end, micros, tokens, requests)
                    SELECT wanted.limit_id, wanted.subject, wanted.period_start, wanted.period_end, 0, 0, 0
                    FROM unnest($1, $2, $3, $4) AS wanted(limit_id, subject, period_start, period_end) WHERE EXISTS (SELECT 1 FROM limits WHERE id = wanted.limit_id)
                    ON CONFLICT DO NOTHING
                    """),
                new("""
                    SELECT 1 FROM limit_counters WHERE (limit_id, subject, period_start) IN (SELECT * FROM unnest($1, $2, $3))
                    ORDER BY limit_id, subject, period_start FOR UPDATE
                    """),
                new($"""
                    WITH living AS (SELECT id, seen_at FROM limit_nodes WHERE id <> $4 AND seen_at > now() - interval '20 seconds')
                    SELECT counter.limit_id, counter.subject, CASE WHEN known.unit = 'tokens' THEN counter.tokens ELSE counter.micros END,
                        coalesce((SELECT sum(lease.amount)::bigint FROM limit_leases AS lease WHERE lease.limit_id = counter.limit_id AND lease.subject = counter.subject AND lease.period_start = counter.period_start AND lease.node_id IN (SELECT id FROM living)), 0),
                        NOT EXISTS (SELECT 1 FROM living), EXISTS (SELECT 1 FROM living WHERE seen_at < counter.created_at + interval '{Settled}')
                    FROM limit_counters AS counter JOIN limits AS known ON known.id = counter.limit_id
                    WHERE (counter.limit_id, counter.subject, counter.period_start) IN (SELECT * FROM unnest($1, $2, $3))
                    """),
            },
        };
        string[] ids = [.. budgets.Select(claim => claim.Gate.Limit.Id)], subjects = [.. budgets.Select(claim => claim.Gate.Subject)];
        DateTimeOffset[] starts = [.. budgets.Select(claim => claim.Claim.Period.Start)], ends = [.. budgets.Select(claim => claim.Claim.Period.End)];
        foreach (NpgsqlBatchCommand command in batch.BatchCommands)
            command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = ids }, new() { Value = subjects }, new() { Value = starts } });
        batch.BatchCommands[0].Parameters.Add(new() { Value = ends });
        batch.BatchCommands[2].Parameters.Add(new() { Value = node });
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            // The rows are locked; what they hold is read by the next statement, after the lock.
        }

        await reader.NextResultAsync(cancellation);
        var left = new Dictionary<(string, string), (long, long, bool, bool)>();
        while (await reader.ReadAsync(cancellation))
            left[(reader.GetString(0), reader.GetString(1))] = (reader.GetInt64(2), reader.GetInt64(3), reader.GetBoolean(4), reader.GetBoolean(5));
        return left;
    }

    private static async Task WriteAsync(NpgsqlConnection connection, Guid node, List<(LimitGate Gate, Claim Claim)> claims, long[] grants, CancellationToken cancellation)
    {
        await using var write = new NpgsqlCommand("""
            INSERT INTO limit_leases AS lease (limit_id, subject, node_id, period_start, amount, reserved, wanted, requests, tokens, streams)
            SELECT limit_id, subject, $3, period_start, amount, reserved, wanted, requests, tokens, streams
            FROM unnest($1, $2, $4, $5, $6, $7, $8, $9, $10) AS mine(limit_id, subject, period_start, amount, reserved, wanted, requests, tokens, streams)
            ON CONFLICT (limit_id, subject, node_id) DO UPDATE SET period_start = excluded.period_start, amount = excluded.amount, reserved = excluded.reserved,
                wanted = excluded.wanted, requests = excluded.requests, tokens = excluded.tokens, streams = excluded.streams
            """, connection);
        Array(write, NpgsqlDbType.Text, claims.Select(claim => claim.Gate.Limit.Id));
        Array(write, NpgsqlDbType.Text, claims.Select(claim => claim.Gate.Subject));
        write.Parameters.AddWithValue(node);
        Array(write, NpgsqlDbType.TimestampTz, claims.Select(claim => claim.Claim.Period.Start));
        Array(write, NpgsqlDbType.Bigint, claims.Select((claim, i) => claim.Claim.Amount + grants[i]));
        Array(write, NpgsqlDbType.Bigint, claims.Select(claim => claim.Claim.Reserved));
        Array(write, NpgsqlDbType.Bigint, claims.Select((claim, i) => grants[i] >= claim.Claim.Wanted ? 0 : claim.Claim.Wanted));
        Array(write, NpgsqlDbType.Bigint, claims.Select(claim => claim.Claim.Requests));
        Array(write, NpgsqlDbType.Bigint, claims.Select(claim => claim.Claim.Tokens));
        Array(write, NpgsqlDbType.Integer, claims.Select(claim => claim.Claim.Streams));
        await write.ExecuteNonQueryAsync(cancellation);
    }

    private static void Array<T>(NpgsqlCommand command, NpgsqlDbType type, IEnumerable<T> values) =>
        command.Parameters.Add(new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type });
}
