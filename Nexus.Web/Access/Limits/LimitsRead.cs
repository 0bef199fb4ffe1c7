using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Access.Limits;

/// <summary>What the other nodes say of a limit's subject, added up.</summary>
/// <param name="Amount">Claimed of the period that the newest of them speaks of.</param>
internal sealed record OtherNodes(DateTimeOffset PeriodStart, long Amount, long Reserved, long Wanted, long Requests, long Tokens, int Streams);

/// <summary>One reading of everything that limits go by.</summary>
/// <param name="Nodes">Nodes seen of late, this one among them.</param>
/// <param name="ReadAt"><see cref="TimeProvider.GetTimestamp"/> before it.</param>
internal sealed record LimitsRead(IReadOnlyList<LimitRow> Limits, int Nodes, IReadOnlyList<LimitCounterRow> Counters, IReadOnlyDictionary<(string, string), OtherNodes> Others, long ReadAt)
{
    private const string Live = "seen_at > now() - interval '20 seconds'";

    /// <summary>Says that the node is there and reads the rest, in one round trip.</summary>
    public static async Task<LimitsRead> OfAsync(NpgsqlConnection connection, Guid node, long readAt, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("INSERT INTO limit_nodes (id, name, seen_at) VALUES ($1, $2, now()) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at") { Parameters = { new() { Value = node }, new() { Value = Environment.MachineName } } },
                new($"SELECT count(*)::int FROM limit_nodes WHERE {Live}"),
                new($"SELECT {LimitColumns.Names} FROM limits"),
                new("SELECT limit_id, subject, period_start, period_end, micros, tokens, requests, created_at FROM limit_counters WHERE period_end > now() - interval '1 minute' ORDER BY period_start"),
                new($"""
                    SELECT limit_id, subject, max(period_start), sum(requests)::bigint, sum(tokens)::bigint, sum(streams)::int,
                        sum(amount) FILTER (WHERE period_start = newest)::bigint, sum(reserved) FILTER (WHERE period_start = newest)::bigint, max(wanted) FILTER (WHERE period_start = newest)
                    FROM (SELECT *, max(period_start) OVER (PARTITION BY limit_id, subject) AS newest FROM limit_leases WHERE node_id <> $1 AND node_id IN (SELECT id FROM limit_nodes WHERE {Live})) AS leases
                    GROUP BY limit_id, subject
                    """) { Parameters = { new() { Value = node } } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var nodes = reader.GetInt32(0);
        await reader.NextResultAsync(cancellation);
        var limits = new List<LimitRow>();
        while (await reader.ReadAsync(cancellation))
            limits.Add(LimitColumns.Read(reader));
        await reader.NextResultAsync(cancellation);
        var counters = new List<LimitCounterRow>();
        while (await reader.ReadAsync(cancellation))
            counters.Add(Counter(reader));
        await reader.NextResultAsync(cancellation);
        var others = new Dictionary<(string, string), OtherNodes>();
        while (await reader.ReadAsync(cancellation))
            others[(reader.GetString(0), reader.GetString(1))] = new(reader.GetFieldValue<DateTimeOffset>(2), reader.GetInt64(6), reader.GetInt64(7), reader.GetInt64(8), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt32(5));
        return new(limits, Math.Max(1, nodes), counters, others, readAt);
    }

    private static LimitCounterRow Counter(NpgsqlDataReader reader) => new()
    {
        LimitId = reader.GetString(0),
        Subject = reader.GetString(1),
        PeriodStart = reader.GetFieldValue<DateTimeOffset>(2),
        PeriodEnd = reader.GetFieldValue<DateTimeOffset>(3),
        Micros = reader.GetInt64(4),
        Tokens = reader.GetInt64(5),
        Requests = reader.GetInt64(6),
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(7),
    };
}
