using Microsoft.Extensions.Options;

namespace Nexus.Web.Operations.Alerts;

internal sealed class AlertOptions
{
    public const string Section = "Alerts";

    /// <summary>Between looks; 0: there are none.</summary>
    public int Seconds { get; set; }
}

/// <summary>Looks as often as the options say.</summary>
internal sealed partial class AlertBeat(AlertEvaluator evaluator, IOptions<AlertOptions> options, TimeProvider time, ILogger<AlertBeat> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (options.Value.Seconds > 0 && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await evaluator.LookAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it was, the next look may see more: nobody else would tell.
                Log.Failed(logger, error);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromSeconds(options.Value.Seconds), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Alerts could not be looked at.")]
        public static partial void Failed(ILogger logger, Exception error);
    }
}
