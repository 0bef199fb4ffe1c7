using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Restores;

/// <summary>Runs the restore that the dashboard asks for, and after a crash brings one to an end that was under way.</summary>
internal sealed class RestoreRunner(DatabaseRestore restore, Database database) : BackgroundService
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    /// <exception cref="InvalidOperationException">One is running already.</exception>
    public void Start(RestoreRequest request)
    {
        lock (_gate)
        {
            if (!_running.IsCompleted)
                throw new InvalidOperationException("A restore is running already.");
            // What goes wrong is in its state and in the log.
            _running = Task.Run(() => restore.RunAsync(request, _stopping.Token), CancellationToken.None).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAny(_running, Task.Delay(TimeSpan.FromSeconds(5), cancellationToken));
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _stopping.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        if (restore.State is not { IsOver: false })
            return;
        try
        {
            await database.WaitUntilReadyAsync(stoppingToken);
            await restore.RecoverAloneAsync(stoppingToken);
        }
        catch (Exception error) when (error is OperationCanceledException || DatabaseAway.IsDatabase(error) || error is InvalidOperationException)
        {
            // Stopped, or a command on this machine is at it; the next start or restore looks again.
        }
    }
}
