using System.Text.Json;
using Nexus.Web.Access.Limits;
using Nexus.Web.Conversations;
using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Accounting;
using Nexus.Web.Usage.Pricing;
using Npgsql;

namespace Nexus.Web.Capture;

/// <summary>
/// Writes a batch in one transaction: COPY into temporary tables, then inserts that skip what is there already, so that a
/// replay changes nothing; rollups follow from the rows that were really inserted.
/// </summary>
internal sealed partial class LedgerWriter(Database database, PriceBook prices, Reservations reservations, TimeProvider time, ILogger<LedgerWriter> logger) : IAsyncDisposable
{
    private PartLists _lists = new();
    private ExchangeAnalysis _analysis = new();
    private uint _databaseOid;
    private readonly HashSet<(int Year, int Month)> _months = [];
    private NpgsqlConnection? _connection;

    /// <summary>Told what is in the ledger now and was not before.</summary>
    public Action<IReadOnlyList<AnalysedExchange>>? Stored { get; init; }

    /// <summary>Told what finding the places of a stored batch's requests in conversations took: reading evidence, what is known, deciding, writing.</summary>
    public Action<TimeSpan>? Linked { get; init; }

    /// <param name="batch">Enumerated once; each exchange may be gone when the next one comes.</param>
    /// <exception cref="NpgsqlException">Nothing of the batch is stored.</exception>
    public async Task WriteAsync(IEnumerable<RecordedExchange> batch, CancellationToken cancellation)
    {
        try
        {
            _analysis.Prices = await prices.NewestAsync(cancellation);
            _analysis.Today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
            var exchanges = batch.Select(Analyse).ToList();
            if (exchanges.Count == 0)
                return;
            if (logger.IsEnabled(LogLevel.Debug))
                exchanges.ForEach(exchange => Log.Analysed(logger, exchange.Row.Id, exchange.Row.Domain, exchange.Row.RequestType, exchange.Row.Lane, exchange.Row.Outcome));
            exchanges.ForEach(_lists.Shorten);
            var added = await StoreAsync(exchanges, cancellation);
            _analysis.Stored(added.Count > 0);
            _lists.Commit();
            reservations.Settle(exchanges.Select(exchange => exchange.Row));
            Stored?.Invoke(added);
        }
        catch
        {
            _lists.Rollback();
            _analysis.Stored(false);
            await ResetAsync();
            throw;
        }
    }

    /// <summary>Stores the ledger row alone, for an exchange whose payload the database refuses.</summary>
    public async Task WriteWithoutPayloadAsync(RecordedExchange exchange, string reason, CancellationToken cancellation)
    {
        var bare = exchange with { RequestBody = default, ResponseBody = default, PayloadShed = true, End = exchange.End with { Error = reason } };
        await WriteAsync([bare], cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _analysis.Dispose();
        await ResetAsync();
    }

    private AnalysedExchange Analyse(RecordedExchange exchange)
    {
        var analysed = _analysis.Analyse(exchange);
        analysed.TraceParent = exchange.Start.Headers.Find("traceparent");
        return analysed;
    }

    /// <returns>Those that were not there already.</returns>
    private async Task<List<AnalysedExchange>> StoreAsync(List<AnalysedExchange> exchanges, CancellationToken cancellation)
    {
        var connection = await ConnectAsync(cancellation);
        await EnsureMonthsAsync(connection, exchanges, cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await AccountingLock.ShareAsync(connection, cancellation);
        var begun = time.GetTimestamp();
        var links = await BatchLinking.PlaceAsync(connection, exchanges.Select(exchange => exchange.Link).OfType<LinkItem>(), logger, cancellation);
        var linking = time.GetElapsedTime(begun);
        await CopyAsync(connection, "incoming_requests", LedgerColumns.Requests, exchanges.Select(exchange => exchange.Row), cancellation);
        await CopyAsync(connection, "incoming_payloads", LedgerColumns.Payloads, exchanges.Select(exchange => exchange.Payload).OfType<PayloadRow>(), cancellation);
        var inserted = await InsertAsync(connection, exchanges, cancellation);
        var stored = inserted.Select(row => row.Id).ToHashSet();
        var added = exchanges.Where(exchange => stored.Contains(exchange.Row.Id)).ToList();
        if (inserted.Count > 0)
        {
            await CopyAsync(connection, "incoming_parts", LedgerColumns.Parts, exchanges.SelectMany(exchange => exchange.NewParts), cancellation);
            await ExecuteAsync(connection, """
                INSERT INTO content_parts AS known SELECT DISTINCT ON (hash) * FROM incoming_parts ORDER BY hash
                ON CONFLICT (hash) DO UPDATE SET last_seen = excluded.last_seen WHERE known.last_seen < excluded.last_seen;
                INSERT INTO request_payloads SELECT * FROM incoming_payloads ON CONFLICT DO NOTHING;
                """, cancellation);
            await RollUpAsync(connection, "usage_5m", Rollups.Of(inserted, TimeSpan.FromMinutes(5)), cancellation);
            await RollUpAsync(connection, "usage_15m", Rollups.Of(inserted, TimeSpan.FromMinutes(15)), cancellation);
            await CoarseRollups.AddAsync(connection, "incoming_usage_5m", "incoming_usage_15m", cancellation);
            begun = time.GetTimestamp();
            if (links is not null)
                await links.WriteAsync(stored, cancellation);
            linking += time.GetElapsedTime(begun);
            await ToolRollups.AddAsync(connection, ToolRollups.Of(added.Select(exchange => (exchange.Row, exchange.Tools))), cancellation);
            await AccountWindows.StoreAsync(connection, added.SelectMany(exchange => exchange.Windows), cancellation);
            if (added.Exists(exchange => exchange.Attempts.Count > 0))
                await CopyAsync(connection, "attempts", AttemptRows.Columns, added.SelectMany(exchange => exchange.Attempts), cancellation);
            await ChangedHours.MarkAsync(connection, inserted, cancellation);
            await LimitCounters.AddAsync(connection, inserted, time.GetUtcNow(), cancellation);
            await NotifyAsync(connection, inserted, cancellation);
        }

        await transaction.CommitAsync(cancellation);
        Linked?.Invoke(linking + _analysis.TakeLinking());
        return added;
    }

    private static async Task<List<LedgerRow>> InsertAsync(NpgsqlConnection connection, List<AnalysedExchange> exchanges, CancellationToken cancellation)
    {
        var names = string.Join(", ", LedgerColumns.Requests.Select(column => column.Name));
        await using var insert = new NpgsqlCommand($"INSERT INTO requests ({names}) SELECT {names} FROM incoming_requests ON CONFLICT DO NOTHING RETURNING id", connection);
        var ids = new HashSet<Guid>();
        await using (var reader = await insert.ExecuteReaderAsync(cancellation))
            while (await reader.ReadAsync(cancellation))
                ids.Add(reader.GetGuid(0));
        return [.. exchanges.Select(exchange => exchange.Row).Where(row => ids.Contains(row.Id))];
    }

    private static async Task RollUpAsync(NpgsqlConnection connection, string table, List<FineUsageRow> rows, CancellationToken cancellation)
    {
        await CopyAsync(connection, "incoming_" + table, LedgerColumns.Usage, rows, cancellation);
        var names = string.Join(", ", LedgerColumns.Usage.Select(column => column.Name));
        await ExecuteAsync(connection, $"""
            INSERT INTO {table} AS sum ({names}) SELECT {names} FROM incoming_{table}
            ON CONFLICT ({RollupColumns.Keys}) DO UPDATE SET {RollupColumns.Added},
            duration_histogram = nexus_add(sum.duration_histogram, excluded.duration_histogram),
            first_byte_histogram = nexus_add(sum.first_byte_histogram, excluded.first_byte_histogram)
            """, cancellation);
    }

    private static async Task NotifyAsync(NpgsqlConnection connection, List<LedgerRow> rows, CancellationToken cancellation)
    {
        foreach (var some in rows.Chunk(LedgerNotifications.MostIds))
        {
            await using var notify = new NpgsqlCommand("SELECT pg_notify($1, $2)", connection);
            notify.Parameters.AddWithValue(LedgerNotifications.Channel);
            notify.Parameters.AddWithValue(JsonSerializer.Serialize(some.Select(row => row.Id)));
            await notify.ExecuteNonQueryAsync(cancellation);
        }
    }

    public static async Task CopyAsync<T>(NpgsqlConnection connection, string table, CopyColumn<T>[] columns, IEnumerable<T> rows, CancellationToken cancellation)
    {
        await using var copy = await connection.BeginBinaryImportAsync($"COPY {table} ({string.Join(", ", columns.Select(column => column.Name))}) FROM STDIN (FORMAT BINARY)", cancellation);
        foreach (var row in rows)
        {
            await copy.StartRowAsync(cancellation);
            foreach (var column in columns)
                await column.WriteAsync(copy, row, cancellation);
        }

        await copy.CompleteAsync(cancellation);
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellation)
    {
        if (_connection is not null)
            return _connection;
        var connection = await database.IngestDataSource.OpenConnectionAsync(cancellation);
        _connection = connection;
        await NoticeAnotherDatabaseAsync(connection, cancellation);
        await ExecuteAsync(connection, """
            CREATE TEMP TABLE incoming_requests (LIKE requests INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;
            CREATE TEMP TABLE incoming_payloads (LIKE request_payloads INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;
            CREATE TEMP TABLE incoming_parts (LIKE content_parts INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;
            CREATE TEMP TABLE incoming_usage_5m (LIKE usage_5m INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;
            CREATE TEMP TABLE incoming_usage_15m (LIKE usage_15m INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;
            """, cancellation);
        await ConversationTotals.CreateTablesAsync(connection, cancellation);
        return connection;
    }

    /// <summary>What is known of stored parts and lists is not true of a database that took the other's place: it is forgotten, and the batch read again.</summary>
    private async Task NoticeAnotherDatabaseAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var ask = new NpgsqlCommand("SELECT oid FROM pg_database WHERE datname = current_database()", connection);
        var (oid, before) = ((uint)(await ask.ExecuteScalarAsync(cancellation))!, _databaseOid);
        _databaseOid = oid;
        if (before == 0 || before == oid)
            return;
        var old = _analysis;
        (_lists, _analysis) = (new(), new());
        old.Dispose();
        throw new IOException("The database was replaced by another: the batch is read again for it.");
    }

    private async Task EnsureMonthsAsync(NpgsqlConnection connection, List<AnalysedExchange> exchanges, CancellationToken cancellation)
    {
        foreach (var at in exchanges.Select(exchange => exchange.Row.StartedAt))
        {
            if (!_months.Add((at.Year, at.Month)))
                continue;
            await using var ensure = new NpgsqlCommand("SELECT nexus_ensure_month($1)", connection);
            ensure.Parameters.AddWithValue(at.ToUniversalTime());
            await ensure.ExecuteNonQueryAsync(cancellation);
        }
    }

    private async Task ResetAsync()
    {
        _months.Clear();
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "exchange_analysed", Level = LogLevel.Debug, Message = "Exchange {RequestId} is of type {RequestType} in lane {Lane}")]
        public static partial void Analysed(ILogger logger, Guid requestId, string domain, string? requestType, string lane, string outcome);
    }
}
