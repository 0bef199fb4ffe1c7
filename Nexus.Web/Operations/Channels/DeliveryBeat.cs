using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Channels;

/// <summary>Sends what is due, on whichever node takes it first.</summary>
internal sealed partial class DeliveryBeat(Deliveries deliveries, Database database, TimeProvider time, ILogger<DeliveryBeat> logger) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SendInMemoryAsync(stoppingToken);
                if (database.State.Condition == DatabaseCondition.Ready)
                    await SendStoredAsync(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, error.Message);
            }

            await Task.Delay(Beat, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Those of a time without the database: tried from memory, and written down once it is back.</summary>
    private async Task SendInMemoryAsync(CancellationToken cancellation)
    {
        for (var left = deliveries.InMemory.Count; left > 0 && deliveries.InMemory.TryDequeue(out var delivery); left--)
        {
            if (delivery.State == Deliveries.Waiting && delivery.NextAt <= time.GetUtcNow())
            {
                delivery.Attempts++;
                await deliveries.AttemptAsync(delivery, cancellation);
                Tell(delivery);
            }

            if (delivery.State == Deliveries.Waiting || !await TryStoreAsync(delivery, cancellation))
                deliveries.Remember(delivery);
        }
    }

    private async Task<bool> TryStoreAsync(AlertDeliveryRow delivery, CancellationToken cancellation)
    {
        if (database.State.Condition != DatabaseCondition.Ready)
            return false;
        try
        {
            await using var db = Open();
            db.Add(delivery);
            await db.SaveChangesAsync(cancellation);
            return true;
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error))
        {
            return false;
        }
    }

    private async Task SendStoredAsync(CancellationToken cancellation)
    {
        await using var db = Open();
        foreach (var delivery in await deliveries.TakeDueAsync(db, cancellation))
        {
            await deliveries.AttemptAsync(delivery, cancellation);
            Tell(delivery);
            await Deliveries.StoreAsync(db, delivery, cancellation);
        }
    }

    private NexusDbContext Open() => new(NexusDbOptions.Of(database.SchedulerDataSource));

    private void Tell(AlertDeliveryRow delivery)
    {
        if (delivery.Error is { } error)
            Log.NotSent(logger, delivery.Title, delivery.Channel, delivery.Attempts, error);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Messages could not be looked after: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(EventName = "delivery_failed", Level = LogLevel.Warning, Message = "'{Title}' was not taken by {Channel} (attempt {Attempt}): {Reason}")]
        public static partial void NotSent(ILogger logger, string title, string channel, int attempt, string reason);
    }
}
