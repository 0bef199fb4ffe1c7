using Npgsql;

namespace Nexus.Web.Operations.Restores;

/// <summary>Keys that were ended since a backup was made must not work again because it is restored.</summary>
internal static class Revocations
{
    /// <returns>Keys of the restored database that were ended.</returns>
    public static async Task<int> ReapplyAsync(NpgsqlConnection now, NpgsqlConnection restored, CancellationToken cancellation)
    {
        var ended = new List<(string Id, DateTimeOffset? Expires, DateTimeOffset? Revoked, string? By)>();
        await using (var read = new NpgsqlCommand("SELECT id, expires_at, revoked_at, revoked_by FROM client_keys WHERE revoked_at IS NOT NULL OR expires_at IS NOT NULL", now))
        await using (var reader = await read.ExecuteReaderAsync(cancellation))
            while (await reader.ReadAsync(cancellation))
                ended.Add((reader.GetString(0), Time(reader, 1), Time(reader, 2), reader.IsDBNull(3) ? null : reader.GetString(3)));
        var changed = 0;
        foreach (var key in ended)
        {
            const string Sql = """
                UPDATE client_keys SET revoked_at = coalesce(revoked_at, $2), revoked_by = coalesce(revoked_by, $3), expires_at = least(expires_at, $4)
                WHERE id = $1 AND ((revoked_at IS NULL AND $2 IS NOT NULL) OR expires_at IS DISTINCT FROM least(expires_at, $4))
                """;
            await using var end = new NpgsqlCommand(Sql, restored)
            {
                Parameters =
                {
                    new() { Value = key.Id }, new() { Value = (object?)key.Revoked ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz },
                    new() { Value = (object?)key.By ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text }, new() { Value = (object?)key.Expires ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz },
                },
            };
            changed += await end.ExecuteNonQueryAsync(cancellation);
        }

        return changed;
    }

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
