namespace Nexus.Web.Capture.Journaling;

internal static class JournalFeature
{
    public static void AddJournal(this IServiceCollection services)
    {
        services.AddOptions<JournalOptions>().BindConfiguration(JournalOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<Journal>();
        services.AddSingleton<JournalReader>();
        services.AddHostedService<JournalFlusher>();
    }
}

/// <summary>Fsyncs the journal each second while it is written to, and once more at the end.</summary>
internal sealed class JournalFlusher(Journal journal) : BackgroundService
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        journal.Flush();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), journal.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                journal.Flush();
        }
        catch (OperationCanceledException)
        {
            // The app is stopping.
        }
    }
}
