using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Usage.Caching;

/// <summary>Finds turns with the turn before them, in the ledger.</summary>
internal static class CachePairs
{
    /// <summary>How far back the turn before may lie.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromHours(24);

    /// <summary>
    /// Pairs whose later turn began in the stretch, read less than half of what was cached, and is not known as a miss yet; oldest first.
    /// Side calls have prompts of their own and are left out.
    /// </summary>
    public static async Task<List<CachePair>> ReadAsync(NpgsqlConnection connection, DateTimeOffset from, DateTimeOffset to, int most, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            WITH turns AS (
                SELECT started_at, id, domain, account_id, key_id, owner, session_id, agent_id, coalesce(model_served, model_requested) AS model,
                    input_tokens, output_tokens, cache_creation_5m_tokens AS five, cache_creation_1h_tokens AS hour, cache_read_tokens AS read, price_version,
                    row_number() OVER session AS place, coalesce(bool_or(cache_creation_1h_tokens > 0) OVER (session ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS hourly
                FROM requests
                WHERE started_at >= $1 AND started_at < $3 AND session_id IS NOT NULL AND lane IN ('main', 'subagent') AND outcome = 'completed' AND status < 400
                WINDOW session AS (PARTITION BY domain, session_id, agent_id ORDER BY started_at, id))
            SELECT b.started_at, b.id, b.domain, b.account_id, b.key_id, b.owner, b.session_id, b.agent_id, b.model, b.input_tokens, b.output_tokens, b.five, b.hour, b.read, b.price_version,
                t.started_at, t.id, t.domain, t.account_id, t.key_id, t.owner, t.session_id, t.agent_id, t.model, t.input_tokens, t.output_tokens, t.five, t.hour, t.read, t.price_version, t.hourly
            FROM turns t JOIN turns b ON b.domain = t.domain AND b.session_id = t.session_id AND b.agent_id IS NOT DISTINCT FROM t.agent_id AND b.place = t.place - 1
            WHERE t.started_at >= $2 AND b.read + b.five + b.hour >= $5 AND t.read < (b.read + b.five + b.hour) / 2 AND t.input_tokens + t.five + t.hour + t.read >= b.read + b.five + b.hour
                AND NOT EXISTS (SELECT 1 FROM cache_misses known WHERE known.started_at = t.started_at AND known.id = t.id)
            ORDER BY t.started_at, t.id LIMIT $4
            """, connection);
        command.Parameters.Add(Time(from - Memory));
        command.Parameters.Add(Time(from));
        command.Parameters.Add(Time(to));
        command.Parameters.Add(new() { Value = most });
        command.Parameters.Add(new() { Value = CacheDiagnosis.LeastTokens });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var pairs = new List<CachePair>();
        while (await reader.ReadAsync(cancellation))
            pairs.Add(new(Turn(reader, 0), Turn(reader, 15), reader.GetBoolean(30)));
        return pairs;
    }

    private static CacheTurn Turn(NpgsqlDataReader reader, int first)
    {
        string? Text(int column) => reader.IsDBNull(first + column) ? null : reader.GetString(first + column);
        long Number(int column) => reader.GetInt64(first + column);
        return new(
            reader.GetFieldValue<DateTimeOffset>(first), reader.GetGuid(first + 1), reader.GetString(first + 2), Text(3), Text(4), Text(5), reader.GetString(first + 6), Text(7), Text(8),
            new(Number(9), Number(10), Number(11), Number(12), Number(13)), reader.IsDBNull(first + 14) ? null : reader.GetInt32(first + 14));
    }

    private static NpgsqlParameter Time(DateTimeOffset at) => new() { Value = at.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz };
}
