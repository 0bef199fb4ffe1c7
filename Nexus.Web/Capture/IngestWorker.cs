using Nexus.Web.Capture.Journaling;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Capture;

/// <summary>Empties the journal into the database, one batch after the other. What cannot be stored now is read again later.</summary>
internal sealed partial class IngestWorker(JournalReader reader, Database database, TimeProvider time, ILogger<IngestWorker> logger) : BackgroundService
{
    private const int MostExchanges = 2000;
    private const long MostBytes = 32 << 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await using var writer = new LedgerWriter(database, time);
        try
        {
            while (true)
            {
                await database.WaitUntilReadyAsync(stoppingToken);
                var batch = await reader.ReadAsync(MostExchanges, MostBytes, stoppingToken);
                // The journal is read again from the last acknowledgement after a crash, so the server's own fsync is what an
                // acknowledgement needs, and a batch is stored or not as a whole.
                if (await TryStoreAsync(writer, batch, stoppingToken))
                {
                    reader.Acknowledge();
                    continue;
                }

                reader.Rewind();
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The rest waits in the journal for the next start.
        }
    }

    private async Task<bool> TryStoreAsync(LedgerWriter writer, IReadOnlyList<RecordedExchange> batch, CancellationToken cancellation)
    {
        try
        {
            await writer.WriteAsync(batch, cancellation);
            return true;
        }
        catch (Exception error) when (IsAboutTheData(error))
        {
            return await StoreOneByOneAsync(writer, batch, cancellation);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            Log.Failed(logger, error, batch.Count);
            return false;
        }
    }

    /// <summary>Keeps an exchange that the database refuses from holding up the others: its ledger row is stored without its payload.</summary>
    private async Task<bool> StoreOneByOneAsync(LedgerWriter writer, IReadOnlyList<RecordedExchange> batch, CancellationToken cancellation)
    {
        foreach (var exchange in batch)
        {
            try
            {
                await writer.WriteAsync([exchange], cancellation);
            }
            catch (Exception error) when (IsAboutTheData(error))
            {
                Log.Poison(logger, error, exchange.Id);
                await writer.WriteWithoutPayloadAsync(exchange, "The payload could not be stored; the log has the reason.", cancellation);
            }
        }

        return true;
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
