using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Logs;
using Npgsql;

namespace Nexus.Web.Storage;

/// <summary>
/// The PostgreSQL server, given or private: its connections, and whether it is there. The app never waits for it to start;
/// whoever needs it asks <see cref="State"/> or awaits <see cref="WaitUntilReadyAsync"/>.
/// </summary>
internal sealed partial class Database : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(5);
    private readonly PrivatePostgres? _private;
    private readonly TimeProvider _time;
    private readonly BeforeMigrating _before;
    private readonly ILogger<Database> _logger;
    private readonly string _host;
    private TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile DatabaseState _state;
    private bool _migrated;

    public Database(IOptions<StorageOptions> options, IOptions<BeforeMigrating> before, PrivatePostgres privatePostgres, TimeProvider time, ILoggerFactory loggers, SqlLog sql, SecretMask mask)
    {
        (_time, _before) = (time, before.Value);
        _logger = loggers.CreateLogger<Database>();
        _state = new(DatabaseCondition.Starting, time.GetUtcNow());
        IReadOnlyList<string> ignored = [];
        NpgsqlConnectionStringBuilder settings;
        if (options.Value.DatabaseUrl.Length > 0)
        {
            settings = DatabaseUrl.Parse(options.Value.DatabaseUrl, out ignored);
        }
        else
        {
            _private = privatePostgres;
            settings = privatePostgres.Connection();
        }

        foreach (var name in ignored)
            Log.Ignored(_logger, name);
        mask.Learn(settings.Password);
        Settings = settings;
        _host = settings.Host ?? "";
        // Ingest repeats the same statements for ever: the server keeps them prepared. Pages ask with other stretches of time
        // each time, and get plans made for those. There is one writer; it needs a second connection only while a broken one is let go.
        IngestDataSource = Source(new(settings.ConnectionString) { MaxAutoPrepare = 100, AutoPrepareMinUsages = 3 }, "ingest", loggers, sql, 4, settings.Timeout);
        DataSource = Source(settings, "pages", loggers, sql, Math.Max(1, settings.MaxPoolSize - 1), settings.Timeout);
        // Jobs, listeners, budgets and migrations have eight connections of their own, as the operator's guide promises, so that
        // they and the pages never starve each other: three listen, two jobs may hold one each, the rest is for what takes
        // milliseconds. Hangfire's threads share two: they ask often and briefly, and can wait.
        JobsDataSource = Source(settings, "jobs", loggers, sql, 6, settings.Timeout);
        SchedulerDataSource = Source(settings, "scheduler", loggers, sql, 2, Math.Max(settings.Timeout, 5));
    }

    /// <summary>How the server is reached, for programs of PostgreSQL's own; not to be changed.</summary>
    public NpgsqlConnectionStringBuilder Settings { get; }

    /// <summary>For pages and the API: <c>pool_max</c> connections less ingest's.</summary>
    public NpgsqlDataSource DataSource { get; }

    public NpgsqlDataSource IngestDataSource { get; }

    public NpgsqlDataSource JobsDataSource { get; }

    /// <summary>For the bookkeeping of jobs, Hangfire's and Nexus's; they work on <see cref="JobsDataSource"/>.</summary>
    public NpgsqlDataSource SchedulerDataSource { get; }

    private NpgsqlDataSource[] Pools => [IngestDataSource, DataSource, JobsDataSource, SchedulerDataSource];

    public DatabaseState State => _state;

    /// <summary>Completes once the server answers and its schema is this version's.</summary>
    public Task WaitUntilReadyAsync(CancellationToken cancellation) => Volatile.Read(ref _ready).Task.WaitAsync(cancellation);

    /// <summary>Whether the server answers within <paramref name="timeout"/>.</summary>
    public async Task<bool> PingAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            await using var command = JobsDataSource.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(limit.Token);
            return true;
        }
        catch (Exception error) when (error is NpgsqlException or OperationCanceledException or TimeoutException or IOException)
        {
            return false;
        }
    }

    /// <summary>Whether an error is of a database that is there: it stopped a statement, or was silent for as long as one may take and answers another now.</summary>
    public async Task<bool> WasTooSlowAsync(Exception error, CancellationToken cancellation) =>
        DatabaseAway.IsTimeOut(error) && (!DatabaseAway.IsAway(error, State) || (State.Condition != DatabaseCondition.Away && await PingAsync(AnswersWithin, cancellation)));

    /// <summary>For when the server ended all sessions: a fresh one is made for whoever asks next.</summary>
    public void ClearPools()
    {
        foreach (var pool in Pools)
            pool.Clear();
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // A private server in the middle of its start is waited for, however long that takes: it would outlive Nexus.
        await base.StopAsync(_private is null ? cancellationToken : CancellationToken.None);
        NpgsqlConnection.ClearAllPools();
        if (_private is not null)
            await _private.StopAsync();
    }

    public override void Dispose()
    {
        foreach (var pool in Pools)
            pool.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await CheckAsync(stoppingToken);
                await Task.Delay(Beat, _time, stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                // In whichever words: a statement that is cut off says so in many.
                return;
            }
            catch (Exception error) when (error is NpgsqlException or InvalidOperationException or IOException or TimeoutException or OperationCanceledException or System.Net.Sockets.SocketException)
            {
                Lost(error);
                await Task.Delay(TimeSpan.FromSeconds(1), _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task CheckAsync(CancellationToken cancellation)
    {
        if (_private is not null)
            await _private.EnsureRunningAsync(cancellation);
        if (!_migrated)
        {
            if (!await AppliedMigrations.AreCompleteAsync(JobsDataSource, cancellation))
            {
                await using var context = new NexusDbContext(NexusDbOptions.Of(JobsDataSource));
                if (_before.First is { } first)
                    await first(context, cancellation);
                await context.Database.MigrateAsync(cancellation);
            }

            await using var months = JobsDataSource.CreateCommand("SELECT nexus_ensure_month(now()), nexus_ensure_month(now() + interval '1 month')");
            await months.ExecuteNonQueryAsync(cancellation);
            _migrated = true;
        }
        else
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(3));
            await using var command = JobsDataSource.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(limit.Token);
        }

        if (_state.Condition == DatabaseCondition.Ready)
            return;
        _state = new(DatabaseCondition.Ready, _time.GetUtcNow());
        Log.Ready(_logger, _host);
        Volatile.Read(ref _ready).TrySetResult();
    }

    private void Lost(Exception error)
    {
        if (_state.Condition == DatabaseCondition.Away)
            return;
        _state = new(DatabaseCondition.Away, _time.GetUtcNow(), error.Message);
        if (Volatile.Read(ref _ready).Task.IsCompleted)
            Volatile.Write(ref _ready, new(TaskCreationOptions.RunContinuationsAsynchronously));
        Log.Away(_logger, _host, error.Message.TrimEnd('.'));
    }

    private static NpgsqlDataSource Source(NpgsqlConnectionStringBuilder settings, string name, ILoggerFactory loggers, SqlLog sql, int pool, int timeoutSeconds)
    {
        var own = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { MaxPoolSize = pool, MinPoolSize = 0, Timeout = timeoutSeconds };
        // The name is what metrics call the pool. Every statement is traced, because SqlLog hears of it so; Metrics/LonelyStatements keeps the many from being sent.
        var builder = new NpgsqlDataSourceBuilder(own.ConnectionString) { Name = name };
        builder.UseLoggerFactory(loggers);
        sql.Watch(builder);
        return own.Host?.Contains(',') == true ? builder.BuildMultiHost() : builder.Build();
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "db_ready", Level = LogLevel.Information, Message = "PostgreSQL at {Host} is ready.")]
        public static partial void Ready(ILogger logger, string host);

        [LoggerMessage(EventName = "db_unavailable", Level = LogLevel.Error, Message = "PostgreSQL at {Host} cannot be used: {Reason}. Proxying goes on; the journal keeps what passes until it is back.")]
        public static partial void Away(ILogger logger, string host, string reason);

        [LoggerMessage(LogLevel.Warning, "DATABASE_URL: the parameter {Name} is not known here and is ignored.")]
        public static partial void Ignored(ILogger logger, string name);
    }
}
