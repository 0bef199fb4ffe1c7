using Microsoft.Extensions.Options;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Listening;
using Nexus.Web.Storage;

namespace Nexus.Web.Proxy;

/// <summary>True from SIGTERM on: /health/ready says so, and new requests are turned away.</summary>
internal sealed class Draining
{
    private volatile bool _draining;

    public bool IsDraining => _draining;

    public void Begin() => _draining = true;
}

/// <summary>
/// The host's lifetime: on SIGTERM or SIGINT requests in flight finish, up to the grace period, while both ports go on
/// answering health checks; what the journal still holds goes into the database, so that a container may be removed with its
/// volume; then the host stops. What is left then, or at a second signal, is cut off and recorded as interrupted.
/// </summary>
internal sealed partial class DrainingLifetime(
    Draining draining,
    InFlightRequests inFlight,
    IHostApplicationLifetime application,
    IOptions<ListeningOptions> options,
    TimeProvider time,
    Database database,
    ILogger<DrainingLifetime> logger,
    Journal? journal = null) : IHostLifetime
{
    /// <summary>How long a stop waits for ingest. With the grace period it stays inside compose's 90 s.</summary>
    private static readonly TimeSpan MostForIngest = TimeSpan.FromSeconds(15);

    /// <summary>Signals are the command line's: it hands them over once everything has started.</summary>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A signal has come.</summary>
    public void Stop()
    {
        if (draining.IsDraining)
        {
            inFlight.Interrupt();
            application.StopApplication();
            return;
        }

        draining.Begin();
        Log.Draining(logger, inFlight.Count, options.Value.ShutdownGraceSeconds);
        _ = DrainAsync();
    }

    private async Task DrainAsync()
    {
        var deadline = time.GetUtcNow().AddSeconds(options.Value.ShutdownGraceSeconds);
        while (inFlight.Count > 0 && time.GetUtcNow() < deadline)
            await Task.Delay(TimeSpan.FromMilliseconds(50), time);
        inFlight.Interrupt();
        await StoreAsync();
        application.StopApplication();
    }

    /// <summary>Waits for what the journal holds, where the database can take it. The rest is read again at the next start.</summary>
    private async Task StoreAsync()
    {
        var deadline = time.GetUtcNow() + MostForIngest;
        while (!application.ApplicationStopping.IsCancellationRequested && database.State.Condition == DatabaseCondition.Ready && journal?.Status.BacklogExchanges > 0 && time.GetUtcNow() < deadline)
            await Task.Delay(TimeSpan.FromMilliseconds(50), time);
        if (journal?.Status.BacklogExchanges is > 0 and var left)
            Log.Left(logger, left);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Stopping: {InFlight} requests in flight may take up to {GraceSeconds} s to finish.")]
        public static partial void Draining(ILogger logger, int inFlight, int graceSeconds);

        [LoggerMessage(LogLevel.Warning, "Stopping with {Exchanges} exchanges that only the journal in DATA_DIR holds: keep it, they are stored at the next start.")]
        public static partial void Left(ILogger logger, long exchanges);
    }
}
