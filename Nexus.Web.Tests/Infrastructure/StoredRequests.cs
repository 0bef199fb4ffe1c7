using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>A row of the ledger, as far as tests look at it.</summary>
internal sealed record StoredRequest(Guid Id, string Outcome, int? Status, long Input, long Output, long CacheRead, long ResponseBytes, bool HasPayload, string Payload, string? Error);

/// <summary>The ledger, read past the app.</summary>
internal sealed class StoredRequests : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;

    private StoredRequests(NpgsqlDataSource source) => _source = source;

    public static StoredRequests Open(string database) => new(NpgsqlDataSource.Create(database));

    public async Task<List<StoredRequest>> AllAsync()
    {
        await using var command = _source.CreateCommand("""
            SELECT r.id, r.outcome, r.status, r.input_tokens, r.output_tokens, r.cache_read_tokens, r.response_bytes, p.id IS NOT NULL, r.payload, r.error_message
            FROM requests r LEFT JOIN request_payloads p ON p.started_at = r.started_at AND p.id = r.id ORDER BY r.id
            """);
        var rows = new List<StoredRequest>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows.Add(new(reader.GetGuid(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetInt16(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6), reader.GetBoolean(7), reader.GetString(8), reader.IsDBNull(9) ? null : reader.GetString(9)));
        return rows;
    }

    /// <summary>The row of a request, once it is there.</summary>
    public async Task<StoredRequest> RowAsync(Guid id)
    {
        StoredRequest? row = null;
        await NexusApp.UntilAsync(async () => (row = (await AllAsync()).SingleOrDefault(stored => stored.Id == id)) is not null, $"request {id} is in the ledger");
        return row!;
    }

    /// <summary>The only row, once it is there.</summary>
    public async Task<StoredRequest> OnlyAsync()
    {
        List<StoredRequest> rows = [];
        await NexusApp.UntilAsync(async () => (rows = await AllAsync()).Count > 0, "a request is in the ledger");
        return Assert.Single(rows);
    }

    /// <summary>Every sum of both rollups is the ledger's.</summary>
    public async Task RollupsEqualTheLedgerAsync()
    {
        await using var command = _source.CreateCommand("""
            SELECT format('%s %s %s %s', count(*), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0)) FROM requests
            UNION ALL SELECT format('%s %s %s %s', coalesce(sum(requests), 0), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0)) FROM usage_5m
            UNION ALL SELECT format('%s %s %s %s', coalesce(sum(requests), 0), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0)) FROM usage_15m
            """);
        var sums = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            sums.Add(reader.GetString(0));
        Assert.Equal([sums[0], sums[0], sums[0]], sums);
    }

    public async ValueTask DisposeAsync() => await _source.DisposeAsync();
}
