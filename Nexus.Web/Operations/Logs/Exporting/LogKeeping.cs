namespace Nexus.Web.Operations.Logs.Exporting;

/// <summary>Opens the log's files when the app begins to serve, and each hour exports on this node what no job did: jobs run on one node, every node has files.</summary>
internal sealed partial class LogKeeping(LogFiles files, LogExporter exporter, TimeProvider time, ILogger<LogKeeping> logger) : BackgroundService
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        files.Open();
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Hour, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                if (!stoppingToken.IsCancellationRequested)
                    await exporter.ExportDueAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Log.NotExported(logger, error.Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "log_not_exported", Level = LogLevel.Warning, Message = "The log of a day could not be exported or copied, and is tried again in an hour: {Reason}")]
        public static partial void NotExported(ILogger logger, string reason);
    }
}
