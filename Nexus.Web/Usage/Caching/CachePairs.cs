using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Usage.Caching;

/// <summary>Finds turns with the turn before them, in the ledger.</summary>
internal static class CachePairs
{
    /// <summary>How far back the turn before may lie.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromHours(24);

    private const string IsTurn = "session_id IS NOT NULL AND lane IN ('main', 'subagent') AND outcome = 'completed' AND status < 400";
    private const string IsNew = "NOT EXISTS (SELECT 1 FROM cache_misses known WHERE known.started_at = t.started_at AND known.id = t.id)";
    private const string Cached = "cache_read_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens";
    private const string Prompt = $"input_tokens + {Cached}";

    /// <summary>
    /// Pairs whose later turn began in the stretch, read less than half of what was cached, and is not known as a miss yet; oldest first.
    /// Side calls have prompts of their own and are left out. A day's turns are many: they are sorted with what tells the pairs, and the rest is
    /// read of the pairs alone.
    /// </summary>
    public static async Task<List<CachePair>> ReadAsync(NpgsqlConnection connection, DateTimeOffset from, DateTimeOffset to, int most, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($$"""
            WITH turns AS (
                SELECT started_at, id, cache_read_tokens AS read, {{Prompt}} AS prompt, lag(started_at) OVER session AS before_at, lag(id) OVER session AS before_id, lag({{Cached}}) OVER session AS cached,
                    coalesce(bool_or(cache_creation_1h_tokens > 0) OVER (session ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS hourly
                FROM requests
                WHERE started_at >= $1 AND started_at < $3 AND {{IsTurn}}
                WINDOW session AS (PARTITION BY domain, session_id, agent_id ORDER BY started_at, id)),
            found AS MATERIALIZED (
                SELECT * FROM turns t WHERE started_at >= $2 AND cached >= $5 AND read < cached / 2 AND prompt >= cached AND {{IsNew}} ORDER BY started_at, id LIMIT $4)
            SELECT {{Turn("b")}}, {{Turn("t")}}, found.hourly
            FROM found JOIN requests b ON b.started_at = found.before_at AND b.id = found.before_id JOIN requests t ON t.started_at = found.started_at AND t.id = found.id
            ORDER BY t.started_at, t.id
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

    private static string Turn(string row) => string.Join(", ", new[]
    {
        "started_at", "id", "domain", "account_id", "key_id", "owner", "session_id", "agent_id", "model",
        "input_tokens", "output_tokens", "cache_creation_5m_tokens", "cache_creation_1h_tokens", "cache_read_tokens", "price_version",
    }.Select(column => column == "model" ? $"coalesce({row}.model_served, {row}.model_requested)" : $"{row}.{column}"));

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
