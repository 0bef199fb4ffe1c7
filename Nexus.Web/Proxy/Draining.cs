using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Nexus.Web.Listening;

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
/// answering health checks; then the host stops. What is left then, or at a second signal, is cut off and recorded as interrupted.
/// </summary>
internal sealed partial class DrainingLifetime(
    Draining draining,
    InFlightRequests inFlight,
    IHostApplicationLifetime application,
    IOptions<ListeningOptions> options,
    TimeProvider time,
    ILogger<DrainingLifetime> logger) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _signals.ForEach(signal => signal.Dispose());

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
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
        application.StopApplication();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Stopping: {InFlight} requests in flight may take up to {GraceSeconds} s to finish.")]
        public static partial void Draining(ILogger logger, int inFlight, int graceSeconds);
    }
}
