using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Usage.Repricing;

/// <summary>Ledger rows that another price list may cost differently: those with a cost by another version, or with tokens and none.</summary>
/// <param name="From">Arrival, inclusive.</param>
/// <param name="To">Arrival, exclusive.</param>
/// <param name="Version">The list whose rows are as they should be.</param>
internal sealed record BilledRows(DateTimeOffset From, DateTimeOffset To, int Version)
{
    private const string Where = """
        FROM requests WHERE started_at >= $1 AND started_at < $2 AND price_version IS DISTINCT FROM $3
        AND (cost_micros IS NOT NULL OR input_tokens + output_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens + cache_read_tokens > 0)
        """;

    private const string Columns = """
        started_at, id, domain, outcome, account_id, key_id, owner, model_requested, model_served, request_type, lane, streaming, input_tokens, output_tokens,
        cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, estimated_output_tokens, iterations, cost_micros, price_version, cost_estimate,
        cache_savings_micros, stop_reason, conversation_id, branch_id
        """;

    public async Task<long> CountAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var count = Command(connection, "SELECT count(*) " + Where);
        return (long)(await count.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>The next rows in order of arrival, with the columns that cost and rollups depend on.</summary>
    /// <param name="after">The last row of the rows before.</param>
    /// <param name="locked">Until the transaction's end nobody else changes them.</param>
    public async Task<List<LedgerRow>> NextAsync(NpgsqlConnection connection, (DateTimeOffset At, Guid Id) after, int most, bool locked, CancellationToken cancellation)
    {
        await using var select = Command(connection, $"SELECT {Columns} {Where} AND started_at >= $4 AND (started_at, id) > ($4, $5) ORDER BY started_at, id LIMIT {most}{(locked ? " FOR UPDATE" : "")}");
        select.Parameters.AddWithValue(after.At.ToUniversalTime());
        select.Parameters.AddWithValue(after.Id);
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        var rows = new List<LedgerRow>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(Read(reader));
        return rows;
    }

    private NpgsqlCommand Command(NpgsqlConnection connection, string sql) => new(sql, connection)
    {
        Parameters = { new() { Value = From.ToUniversalTime() }, new() { Value = To.ToUniversalTime() }, new() { Value = Version } },
    };

    private static LedgerRow Read(NpgsqlDataReader reader) => new()
    {
        StartedAt = reader.GetFieldValue<DateTimeOffset>(0),
        Id = reader.GetGuid(1),
        Domain = reader.GetString(2),
        Outcome = reader.GetString(3),
        AccountId = Text(reader, 4),
        KeyId = Text(reader, 5),
        Owner = Text(reader, 6),
        ModelRequested = Text(reader, 7),
        ModelServed = Text(reader, 8),
        RequestType = Text(reader, 9),
        Lane = reader.GetString(10),
        Streaming = reader.GetBoolean(11),
        InputTokens = reader.GetInt64(12),
        OutputTokens = reader.GetInt64(13),
        CacheCreation5mTokens = reader.GetInt64(14),
        CacheCreation1hTokens = reader.GetInt64(15),
        CacheReadTokens = reader.GetInt64(16),
        EstimatedOutputTokens = reader.GetInt64(17),
        Iterations = Text(reader, 18),
        CostMicros = reader.IsDBNull(19) ? null : reader.GetInt64(19),
        PriceVersion = reader.IsDBNull(20) ? null : reader.GetInt32(20),
        CostEstimate = Text(reader, 21),
        CacheSavingsMicros = reader.GetInt64(22),
        StopReason = Text(reader, 23),
        ConversationId = reader.IsDBNull(24) ? null : reader.GetGuid(24),
        BranchId = Text(reader, 25),
        Method = "",
        Path = "",
        Payload = "",
    };

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
