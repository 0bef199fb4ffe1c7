using System.Security.Cryptography;
using System.Text.Json;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Capture;

/// <param name="RequestBody">Byte for byte as the client sent it; null when the request had none or it was not kept.</param>
/// <param name="ResponseBody">As received, in its own content-encoding.</param>
internal sealed record StoredPayload(IReadOnlyList<HeaderLine> RequestHeaders, byte[]? RequestBody, IReadOnlyList<HeaderLine> ResponseHeaders, byte[]? ResponseBody, IReadOnlyList<Arrival> Arrivals)
{
    /// <summary>The assembled message of a stream (JSON); null where the response is the message.</summary>
    public byte[]? Message => ResponseBody is { } body
        && ResponseHeaders.Find("content-type")?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true
        && ContentDecoding.Decode(body, ContentDecoding.EncodingOf(ResponseHeaders)) is { } decoded
        && MessageAssembler.FromStream(decoded).Message is { } message
            ? MessageAssembler.Serialize(message) : null;
}

/// <summary>Rebuilds what was stored of a request.</summary>
internal sealed class PayloadReader(Database database)
{
    /// <summary>Null when nothing was kept.</summary>
    public async Task<StoredPayload?> ReadAsync(Guid id, CancellationToken cancellation)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellation);
        return await ReadAsync(connection, id, cancellation);
    }

    /// <summary>Of any database with this schema. Null when nothing was kept.</summary>
    /// <exception cref="InvalidDataException">A part of it is gone.</exception>
    public static async Task<StoredPayload?> ReadAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellation)
    {
        using var decompressor = new PayloadDecompressor();
        if (await RowAsync(connection, id, cancellation) is not { } row)
            return null;
        var list = await ListAsync(connection, row, cancellation);
        var parts = await PartsAsync(connection, row.RequestHeaders is { } headers ? [.. list, headers] : list, decompressor, cancellation);
        var body = list.Count == 0 ? null : RequestParts.Rebuild([.. list.Select(Part)]);
        var arrivals = new List<Arrival>();
        if (row.Arrivals is { } encoded)
            Journaling.ArrivalCodec.Decode(encoded, arrivals);
        return new StoredPayload(
            Headers(row.RequestHeaders is { } hash ? Part(hash) : null),
            body,
            Headers(row.ResponseHeaders is { } answered ? decompressor.Decompress(answered) : null),
            row.Response is { } response ? decompressor.Decompress(response) : null,
            arrivals);

        byte[] Part(byte[] hash) => parts.GetValueOrDefault(Convert.ToHexString(hash)) ?? throw new InvalidDataException($"The part {Convert.ToHexStringLower(hash)} of request {id} is missing in content_parts.");
    }

    /// <summary>The whole list of hashes of a request's parts.</summary>
    /// <exception cref="InvalidDataException">It continues a list that is gone.</exception>
    public static async Task<byte[]> PartsOfAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellation)
    {
        var row = await RowAsync(connection, id, cancellation) ?? throw new InvalidDataException($"The payload of request {id} is gone.");
        return [.. (await ListAsync(connection, row, cancellation)).SelectMany(hash => hash)];
    }

    /// <summary>The time inside a UUIDv7: the ledger's partition key.</summary>
    public static DateTimeOffset StartOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        long milliseconds = 0;
        foreach (var part in bytes[..6])
            milliseconds = (milliseconds << 8) | part;
        return milliseconds < 253_402_300_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : DateTimeOffset.MinValue;
    }

    /// <summary>The other way round: every id of an earlier time sorts before it.</summary>
    public static Guid FirstIdAt(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, at.ToUnixTimeMilliseconds() << 16);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The same as <see cref="StartOf"/> of an id in SQL.</summary>
    public static string StartSql(string id) => $"to_timestamp(('x' || left(replace({id}::text, '-', ''), 12))::bit(48)::bigint / 1000.0)";

    private static async Task<PayloadRow?> RowAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT base_id, prefix_kept, parts, request_headers, response_headers, response, arrivals FROM request_payloads WHERE started_at = $1 AND id = $2", connection);
        var startedAt = StartOf(id);
        command.Parameters.AddWithValue(startedAt);
        command.Parameters.AddWithValue(id);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return null;
        byte[]? Bytes(int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);
        return new PayloadRow
        {
            StartedAt = startedAt,
            Id = id,
            BaseId = reader.IsDBNull(0) ? null : reader.GetGuid(0),
            PrefixKept = reader.GetInt32(1),
            Parts = Bytes(2)!,
            RequestHeaders = Bytes(3),
            ResponseHeaders = Bytes(4),
            Response = Bytes(5),
            Arrivals = Bytes(6),
        };
    }

    /// <summary>The whole list of a row's parts, followed back through the lists that it is the difference to.</summary>
    private static async Task<List<byte[]>> ListAsync(NpgsqlConnection connection, PayloadRow row, CancellationToken cancellation)
    {
        var chain = new Stack<PayloadRow>([row]);
        while (chain.Peek().BaseId is { } baseId)
            chain.Push(await RowAsync(connection, baseId, cancellation) ?? throw new InvalidDataException($"The list of parts of request {row.Id} continues that of {baseId}, which is gone."));
        var list = new List<byte[]>();
        foreach (var link in chain)
        {
            list.RemoveRange(link.PrefixKept, list.Count - link.PrefixKept);
            list.AddRange(link.Parts.Chunk(SHA256.HashSizeInBytes));
        }

        return list;
    }

    private static async Task<Dictionary<string, byte[]>> PartsAsync(NpgsqlConnection connection, List<byte[]> hashes, PayloadDecompressor decompressor, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT hash, data FROM content_parts WHERE hash = ANY($1)", connection);
        command.Parameters.AddWithValue(hashes.ToArray());
        var parts = new Dictionary<string, byte[]>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            parts[Convert.ToHexString(reader.GetFieldValue<byte[]>(0))] = decompressor.Decompress(reader.GetFieldValue<byte[]>(1));
        return parts;
    }

    private static List<HeaderLine> Headers(byte[]? json) =>
        json is null ? [] : [.. JsonSerializer.Deserialize<string[][]>(json)!.Select(pair => new HeaderLine(pair[0], pair[1]))];
}
