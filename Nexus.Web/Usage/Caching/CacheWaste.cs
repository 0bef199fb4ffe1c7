using Nexus.Web.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Usage.Caching;

/// <summary>What misses cost, gathered under a name.</summary>
/// <param name="Name">Of a conversation its id; of a session that is in none, the session's.</param>
/// <param name="Other">Of a conversation: its domain; of a cause: null.</param>
public sealed record CacheWasteLine(string Name, string? Other, long Misses, long MissedTokens, long WastedMicros);

/// <param name="Interval">Place among the intervals asked for.</param>
internal sealed record CacheWasteCell(int Interval, string Cause, long WastedMicros);

internal sealed record CacheWasteReport(
    IReadOnlyList<CacheWasteLine> Causes, IReadOnlyList<CacheWasteLine> People, IReadOnlyList<CacheWasteLine> Conversations, IReadOnlyList<CacheWasteLine> Parts, IReadOnlyList<CacheWasteCell> Cells);

/// <summary>Adds up the misses that the cache doctor found. The table is small: a line per miss, not per request.</summary>
internal sealed class CacheWaste(Database database)
{
    private const int MostLines = 20;

    private const string Misses = "cache_misses m LEFT JOIN conversation_sessions s ON s.domain = m.domain AND s.session_id = m.session_id";

    public async Task<CacheWasteReport> ReadAsync(DateTimeOffset from, DateTimeOffset to, IReadOnlyList<DateTimeOffset> starts, CancellationToken cancellation)
    {
        await using var batch = database.DataSource.CreateBatch();
        foreach (var (name, other, misses) in new[] { ("cause", "NULL", "cache_misses"), ("coalesce(owner, key_id, '')", "NULL", "cache_misses"), ("coalesce(s.conversation_id::text, 'session ' || m.session_id)", "min(m.domain)", Misses), ("coalesce(split_part(changed_part, '[', 1), '')", "NULL", "cache_misses") })
            Add(batch, $"SELECT {name}, {other}::text, count(*), sum(missed_tokens)::bigint, sum(wasted_micros)::bigint FROM {misses} WHERE started_at >= $1 AND started_at < $2 GROUP BY 1 ORDER BY 5 DESC, 1 LIMIT {MostLines}", from, to);
        Add(batch, "SELECT greatest(width_bucket(started_at, $3) - 1, 0), cause, sum(wasted_micros)::bigint FROM cache_misses WHERE started_at >= $1 AND started_at < $2 GROUP BY 1, 2", from, to)
            .Parameters.Add(new() { Value = starts.Select(start => start.ToUniversalTime()).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var lines = new List<IReadOnlyList<CacheWasteLine>>();
        for (var i = 0; i < 4; i++)
            lines.Add(await LinesAsync(reader, cancellation));
        var cells = new List<CacheWasteCell>();
        while (await reader.ReadAsync(cancellation))
            cells.Add(new(reader.GetInt32(0), reader.GetString(1), reader.GetInt64(2)));
        return new(lines[0], lines[1], lines[2], lines[3], cells);
    }

    private static async Task<IReadOnlyList<CacheWasteLine>> LinesAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        var lines = new List<CacheWasteLine>();
        while (await reader.ReadAsync(cancellation))
            lines.Add(new(reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4)));
        await reader.NextResultAsync(cancellation);
        return lines;
    }

    private static NpgsqlBatchCommand Add(NpgsqlBatch batch, string sql, DateTimeOffset from, DateTimeOffset to)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var at in new[] { from, to })
            command.Parameters.Add(new() { Value = at.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        batch.BatchCommands.Add(command);
        return command;
    }
}
