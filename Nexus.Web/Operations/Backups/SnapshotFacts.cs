using System.Security.Cryptography;
using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Backups;

/// <summary>Reads of a database, within the caller's transaction, what a restored copy of it is compared with.</summary>
internal static class SnapshotFacts
{
    private const int Newest = 10;
    private const int Elsewhere = 10;

    /// <summary>Tables of schema public, partitions by themselves.</summary>
    public static async Task<List<string>> TablesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        const string Sql = "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1";
        await using var command = new NpgsqlCommand(Sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var tables = new List<string>();
        while (await reader.ReadAsync(cancellation))
            tables.Add(reader.GetString(0));
        return tables;
    }

    public static async Task<SortedDictionary<string, long>> RowsAsync(NpgsqlConnection connection, IEnumerable<string> tables, CancellationToken cancellation)
    {
        var rows = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            // The name was quoted by PostgreSQL (regclass).
            await using var count = new NpgsqlCommand($"SELECT count(*) FROM {table}", connection) { CommandTimeout = 0 };
            rows[table] = (long)(await count.ExecuteScalarAsync(cancellation))!;
        }

        return rows;
    }

    public static async Task<NewestRequest?> NewestAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        // The session's zone is part of how times are written.
        const string Sql = "SET LOCAL TimeZone = 'UTC'; SELECT id, started_at, encode(sha256(convert_to(to_jsonb(r)::text, 'UTF8')), 'hex') FROM requests r ORDER BY started_at DESC, id DESC LIMIT 1";
        await using var command = new NpgsqlCommand(Sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? new(reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2)) : null;
    }

    /// <summary>The newest requests' bodies and some spread over the whole time, rebuilt.</summary>
    /// <param name="within">A table of the ids to choose from; null: all.</param>
    public static async Task<List<SampledBody>> SamplesAsync(NpgsqlConnection connection, string? within, CancellationToken cancellation)
    {
        var from = within ?? "request_payloads";
        var sql = $"""
            (SELECT id FROM {from} ORDER BY started_at DESC LIMIT {Newest})
            UNION SELECT found.id FROM (SELECT min(started_at) AS first, max(started_at) AS last FROM {from}) AS span, generate_series(0, {Elsewhere - 1}) AS step,
            LATERAL (SELECT id FROM {from} WHERE started_at >= span.first + (span.last - span.first) * step / {Elsewhere} ORDER BY started_at LIMIT 1) AS found
            """;
        var ids = new List<Guid>();
        await using (var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 })
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
            while (await reader.ReadAsync(cancellation))
                ids.Add(reader.GetGuid(0));
        var samples = new List<SampledBody>();
        foreach (var id in ids.Order())
            if (await BodyAsync(connection, id, cancellation) is { } body)
                samples.Add(new(id, body.Length, Convert.ToHexStringLower(SHA256.HashData(body))));
        return samples;
    }

    /// <summary>Null also when it cannot be rebuilt: a backup of what is there is better than none, and the drill finds what is missing.</summary>
    private static async Task<byte[]?> BodyAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellation)
    {
        try
        {
            return (await PayloadReader.ReadAsync(connection, id, cancellation))?.RequestBody;
        }
        catch (Exception error) when (error is InvalidDataException or FormatException or System.Text.Json.JsonException or ZstdSharp.ZstdException)
        {
            return null;
        }
    }

    public static async Task<string> SchemaAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"SELECT max(migration_id) FROM {NexusDbOptions.MigrationsTable}", connection);
        return (string)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Bytes of all tables without their indexes: about what a dump has to read.</summary>
    public static async Task<long> BytesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace", connection);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }
}
