namespace Nexus.Web.Proxy;

/// <summary>
/// Gives memory back after a busy time. The collector runs when something allocates, so an idle gateway would keep for hours what
/// its busiest minute needed. Collects only while nothing is on its way: nobody waits for it.
/// </summary>
internal sealed class IdleMemory(InFlightRequests inFlight, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(10);

    /// <summary>Bytes allocated within a beat that say that ingest, a page or a job is at work.</summary>
    private const long Busy = 8 << 20;

    /// <summary>Bytes allocated since the last time that make another worth its while.</summary>
    private const long Worthwhile = 96 << 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Beat, time);
        var (collectedAt, before) = (0L, 0L);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var now = GC.GetTotalAllocatedBytes();
                if (inFlight.Count == 0 && now - before < Busy && now - collectedAt > Worthwhile)
                {
                    // Aggressive is the mode that returns the emptied regions to the system.
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                    collectedAt = now;
                }

                before = now;
            }
        }
        catch (OperationCanceledException)
        {
            // The app is stopping.
        }
    }
}
