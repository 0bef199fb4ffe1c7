using Nexus.Web.Access.Limits;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Operations.Channels.Conversations;
using Nexus.Web.Operations.Metrics;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Pricing;
using Npgsql;

namespace Nexus.Web.Capture;

/// <summary>Empties the journal into the database, one batch after the other. What cannot be stored now is read again later.</summary>
internal sealed partial class IngestWorker(JournalReader reader, Database database, PriceBook prices, Reservations reservations, RequestMetrics metrics, AccountMetrics accounts, RequestSpans spans, ConversationNotes notes, TimeProvider time, ILoggerFactory loggers, ILogger<IngestWorker> logger) : BackgroundService
{
    private const int MostExchanges = 2000;
    private const long MostBytes = 32 << 20;

    /// <summary>
    /// From one batch to the next, while batches are not full: what a batch costs whatever its size is then paid ten times a
    /// second at most. A request that ends in quiet is stored at once.
    /// </summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await using var writer = new LedgerWriter(database, prices, reservations, time, loggers.CreateLogger<LedgerWriter>()) { Stored = Stored, Linked = metrics.Linked };
        try
        {
            while (true)
            {
                await database.WaitUntilReadyAsync(stoppingToken);
                if (await TryBatchAsync(writer, stoppingToken))
                    continue;
                reader.Rewind();
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The rest waits in the journal for the next start.
        }
    }

    private void Stored(IReadOnlyList<AnalysedExchange> exchanges)
    {
        metrics.Stored(exchanges);
        accounts.Stored(exchanges);
        spans.Stored(exchanges);
        notes.Stored(exchanges);
    }

    /// <summary>Reads a batch and stores it. Whatever fails, disk or database, must not end the worker and with it the process.</summary>
    private async Task<bool> TryBatchAsync(LedgerWriter writer, CancellationToken cancellation)
    {
        var read = 0;
        try
        {
            var batch = await reader.ReadAsync(MostExchanges, MostBytes, cancellation);
            read = batch.Count;
            var begun = time.GetTimestamp();
            // The journal is read again from the last acknowledgement after a crash, so the server's own fsync is what an
            // acknowledgement needs, and a batch is stored or not as a whole.
            await StoreAsync(writer, batch, cancellation);
            reader.Acknowledge();
            if (read < MostExchanges / 2 && Pace - time.GetElapsedTime(begun) is var rest && rest > TimeSpan.Zero)
                await Task.Delay(rest, time, cancellation);
            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            metrics.BatchFailed();
            Log.Failed(logger, error, read);
            return false;
        }
    }

    private async Task StoreAsync(LedgerWriter writer, IReadOnlyList<EndedExchange> batch, CancellationToken cancellation)
    {
        try
        {
            await writer.WriteAsync(batch.Select(reader.Read).OfType<RecordedExchange>(), cancellation);
        }
        catch (Exception error) when (IsAboutTheData(error))
        {
            await StoreOneByOneAsync(writer, batch, cancellation);
        }
    }

    /// <summary>Keeps an exchange that the database refuses from holding up the others: its ledger row is stored without its payload.</summary>
    private async Task StoreOneByOneAsync(LedgerWriter writer, IReadOnlyList<EndedExchange> batch, CancellationToken cancellation)
    {
        foreach (var ended in batch)
        {
            if (reader.Read(ended) is not { } exchange)
                continue;
            try
            {
                await writer.WriteAsync([exchange], cancellation);
            }
            catch (Exception error) when (IsAboutTheData(error))
            {
                metrics.StoredWithoutPayload();
                Log.Poison(logger, error, exchange.Id);
                await writer.WriteWithoutPayloadAsync(exchange, "The payload could not be stored; the log has the reason.", cancellation);
            }
        }
    }

    /// <summary>Class 22 (data exception), 23 (integrity) and 54 (limits), or a fault of our own in taking the exchange apart.</summary>
    private static bool IsAboutTheData(Exception error) => error switch
    {
        PostgresException postgres => postgres.SqlState[..2] is "22" or "23" or "54",
        NpgsqlException or IOException or OperationCanceledException or TimeoutException => false,
        _ => true,
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Count} exchanges could not be stored and stay in the journal.")]
        public static partial void Failed(ILogger logger, Exception error, int count);

        [LoggerMessage(LogLevel.Error, "Exchange {RequestId} is stored without its payload: it could not be taken apart or the database refused it.")]
        public static partial void Poison(ILogger logger, Exception error, Guid requestId);
    }
}
