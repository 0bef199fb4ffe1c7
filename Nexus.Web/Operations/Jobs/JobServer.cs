using Hangfire;
using Hangfire.AspNetCore;
using Hangfire.PostgreSql;
using Hangfire.States;
using Hangfire.Storage;
using Microsoft.Extensions.Options;
using Nexus.Web.Conversations.Analyses;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Jobs;

/// <summary>
/// Hangfire's server on this node. It begins when the database is ready, with its schema and the <see cref="Schedule"/>; from
/// then on it lives through outages by itself.
/// </summary>
internal sealed partial class JobServer(Database database, IServiceProvider services, IServiceScopeFactory scopes, TimeProvider time, ILogger<JobServer> logger) : BackgroundService
{
    /// <summary>Jobs at a time on one node; each may hold one of <see cref="Database.JobsDataSource"/>'s connections throughout.</summary>
    private const int Workers = 2;

    /// <summary>Runs are cancelled at once when the app stops, and taken up again later; what does not end within this is left behind.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    private BackgroundJobServer[] _servers = [];

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        var servers = Interlocked.Exchange(ref _servers, []);
        foreach (var server in servers)
            server.SendStop();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Farewell);
        try
        {
            foreach (var server in servers)
            {
                await server.WaitForShutdownAsync(limit.Token);
                server.Dispose();
            }
        }
        catch (OperationCanceledException)
        {
            // Its threads are background threads: they end with the process. Disposing would wait for them.
            Log.LeftBehind(logger, Farewell.TotalSeconds);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var told = false;
        while (true)
        {
            try
            {
                await database.WaitUntilReadyAsync(stoppingToken);
                await PrepareAsync(stoppingToken);
                break;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (DatabaseAway.IsDatabase(error) || error is InvalidOperationException)
            {
                if (!told)
                    Log.NotYet(logger, error);
                told = true;
            }

            await Task.Delay(TimeSpan.FromSeconds(5), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (stoppingToken.IsCancellationRequested)
            return;
        _servers = [Start(EnqueuedState.DefaultQueue, Workers, light: false), .. Analyses()];
        Log.Started(logger, Schedule.Recurring.Count(), Workers);
    }

    private IEnumerable<BackgroundJobServer> Analyses() =>
        services.GetRequiredService<IOptions<AnalysisOptions>>().Value is { Enabled: true } on ? [Start(AnalysisQueue.Name, on.MaxConcurrentJobs, light: true)] : [];

    /// <param name="light">Only works; the clock and the bookkeeping are another's.</param>
    private BackgroundJobServer Start(string queue, int workers, bool light) => new(
        new BackgroundJobServerOptions
        {
            Queues = [queue],
            WorkerCount = workers,
            IsLightweightServer = light,
            StopTimeout = TimeSpan.Zero,
            ShutdownTimeout = Farewell,
            SchedulePollingInterval = TimeSpan.FromSeconds(15),
            FilterProvider = ScheduleFilters.ForServer(services.GetRequiredService<IOptions<JobOptions>>().Value.ByClock),
            Activator = new AspNetCoreJobActivator(scopes),
        },
        services.GetRequiredService<PostgreSqlStorage>());

    /// <summary>One node at a time brings the schema and the list of recurring jobs up to this version.</summary>
    private async Task PrepareAsync(CancellationToken cancellation)
    {
        await using var connection = await database.JobsDataSource.OpenConnectionAsync(cancellation);
        await JobLock.TakeAsync(connection, "schedule", cancellation);
        HangfireStorage.Install(connection);
        var storage = services.GetRequiredService<PostgreSqlStorage>();
        var manager = services.GetRequiredService<IRecurringJobManager>();
        await using var db = new NexusDbContext(NexusDbOptions.Of(database.SchedulerDataSource));
        foreach (var plan in await JobPlans.ListAsync(db, cancellation))
            JobPlans.Apply(manager, plan);
        using var stored = storage.GetConnection();
        foreach (var gone in stored.GetRecurringJobs().Where(job => Schedule.Find(job.Id)?.Cron is null))
            manager.RemoveIfExists(gone.Id);
        await JobLock.ReleaseAsync(connection);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Count} recurring jobs are scheduled; {Workers} may run at a time on this node.")]
        public static partial void Started(ILogger logger, int count, int workers);

        [LoggerMessage(LogLevel.Warning, "Jobs cannot be scheduled yet; it is tried again every few seconds.")]
        public static partial void NotYet(ILogger logger, Exception error);

        [LoggerMessage(LogLevel.Warning, "Hangfire did not stop within {Seconds} s and is left behind; a job that it ran is taken up again later.")]
        public static partial void LeftBehind(ILogger logger, double seconds);
    }
}
