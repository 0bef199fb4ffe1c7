using System.Globalization;
using System.Security.Cryptography;
using Nexus.Web.Capture;
using Npgsql;

namespace Nexus.Web.Operations.Backups;

/// <summary>Compares a restored database with the manifest of its backup.</summary>
internal static class RestoredDatabase
{
    private const string MissingPartSql = $"""
        SELECT p.id, encode(named.hash, 'hex') FROM request_payloads p, LATERAL {PartLists.NamedSql} AS named
        WHERE NOT EXISTS (SELECT 1 FROM content_parts c WHERE c.hash = named.hash) LIMIT 1
        """;

    private static readonly string MissingBaseSql = $"""
        SELECT p.id, p.base_id::text FROM request_payloads p WHERE p.base_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM request_payloads b WHERE b.id = p.base_id AND b.started_at = {PayloadReader.StartSql("p.base_id")}) LIMIT 1
        """;

    /// <param name="manifest">Null for a file without one: then only what must hold of any database is looked at.</param>
    /// <returns>What was compared, in words.</returns>
    /// <exception cref="InvalidDataException">Something differs: says what.</exception>
    public static async Task<string> CompareAsync(NpgsqlConnection restored, DatabaseContent? content, CancellationToken cancellation)
    {
        await using var transaction = await restored.BeginTransactionAsync(cancellation);
        long rows = 0;
        if (content is not null)
        {
            rows = await RowsAsync(restored, content, cancellation);
            await NewestAsync(restored, content, cancellation);
        }

        await NothingMissingAsync(restored, MissingPartSql, "names the part {1}, which is missing in content_parts", cancellation);
        await NothingMissingAsync(restored, MissingBaseSql, "continues the list of parts of {1}, whose payload is missing", cancellation);
        foreach (var sample in content?.Samples ?? [])
            await BodyAsync(restored, sample, cancellation);
        await transaction.CommitAsync(cancellation);
        return content is null
            ? "Its parts are complete; without a manifest nothing else can be compared."
            : string.Create(CultureInfo.InvariantCulture, $"{rows} rows in {content.Rows.Count} tables, the newest request and {content.Samples.Count} request bodies byte for byte are as they were backed up.");
    }

    private static async Task<long> RowsAsync(NpgsqlConnection restored, DatabaseContent content, CancellationToken cancellation)
    {
        foreach (var (table, expected) in content.Rows)
        {
            await using var exists = new NpgsqlCommand("SELECT to_regclass($1) IS NOT NULL", restored) { Parameters = { new() { Value = table } } };
            if (await exists.ExecuteScalarAsync(cancellation) is not true)
                throw new InvalidDataException($"The table {table} is missing.");
            var found = (await SnapshotFacts.RowsAsync(restored, [table], cancellation))[table];
            if (found != expected)
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{table} has {found} rows, {expected} were backed up."));
        }

        return content.Rows.Values.Sum();
    }

    private static async Task NewestAsync(NpgsqlConnection restored, DatabaseContent content, CancellationToken cancellation)
    {
        var newest = await SnapshotFacts.NewestAsync(restored, cancellation);
        if (newest != content.Newest)
            throw new InvalidDataException(newest?.Id == content.Newest?.Id
                ? $"The newest request, {newest?.Id}, is not what was backed up: its row differs."
                : $"The newest request is {newest?.Id.ToString() ?? "missing"}, {content.Newest?.Id.ToString() ?? "none"} was backed up.");
    }

    private static async Task NothingMissingAsync(NpgsqlConnection restored, string sql, string words, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, restored) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (await reader.ReadAsync(cancellation))
            throw new InvalidDataException($"Request {reader.GetGuid(0)} {words.Replace("{1}", reader.GetString(1), StringComparison.Ordinal)}.");
    }

    private static async Task BodyAsync(NpgsqlConnection restored, SampledBody sample, CancellationToken cancellation)
    {
        try
        {
            if ((await PayloadReader.ReadAsync(restored, sample.Id, cancellation))?.RequestBody is not { } body)
                throw new InvalidDataException("it is missing");
            if (body.Length != sample.Bytes || Convert.ToHexStringLower(SHA256.HashData(body)) != sample.Sha256)
                throw new InvalidDataException($"it has {body.Length} bytes of other content, {sample.Bytes} were backed up");
        }
        catch (Exception error) when (error is InvalidDataException or FormatException or ZstdSharp.ZstdException)
        {
            throw new InvalidDataException($"The body of request {sample.Id} cannot be rebuilt as it was: {error.Message}", error);
        }
    }
}
