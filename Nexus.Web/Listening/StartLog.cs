using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Nexus.Web.Listening;

/// <summary>Says once, when both ports are open, where they are.</summary>
internal sealed partial class StartLog(IServer server, ILogger<StartLog> logger) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // In the order in which ListeningFeature binds them.
        string[] addresses = [.. server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []];
        Log.Listening(logger, addresses.FirstOrDefault(), addresses.LastOrDefault(), Environment.ProcessId);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(EventName = "started", Level = LogLevel.Information, Message = "Nexus listens: proxy on {Proxy}, dashboard on {Dashboard}.")]
        public static partial void Listening(ILogger logger, string? proxy, string? dashboard, int processId);
    }
}
