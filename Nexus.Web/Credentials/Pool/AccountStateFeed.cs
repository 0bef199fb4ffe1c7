using Nexus.Web.Storage;

namespace Nexus.Web.Credentials.Pool;

/// <summary>
/// Carries the accounts' states over restarts (the sealed file) and between nodes (the database, while it is there). The
/// request path only ever reads memory.
/// </summary>
internal sealed partial class AccountStateFeed : BackgroundService
{
    /// <summary>Sent by a node that saved a change.</summary>
    public const string Channel = "nexus_accounts";

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);
    private readonly AccountStates _states;
    private readonly AccountStateFile _file;
    private readonly AccountStateStore _store;
    private readonly Database _database;
    private readonly ChangeFeed _changes;
    private readonly TimeProvider _time;
    private readonly ILogger<AccountStateFeed> _logger;
    private readonly Dictionary<string, int> _stored = [];

    /// <summary>The beat and an operator's change come on threads of their own.</summary>
    private readonly SemaphoreSlim _saving = new(1);
    private int _filed;

    public AccountStateFeed(AccountStates states, AccountStateFile file, AccountStateStore store, Database database, ChangeFeed changes, TimeProvider time, ILogger<AccountStateFeed> logger)
    {
        (_states, _file, _store, _database, _changes, _time, _logger) = (states, file, store, database, changes, time, logger);
        // Before the ports open: no request goes to an account that was cooling when the last run ended.
        foreach (var kept in file.Read())
            states.Of(kept.Id).Set(kept.ToStatus());
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _changes.Follow(Channel, ReloadAsync);
        return base.StartAsync(cancellationToken);
    }

    /// <summary>Writes what has changed since the last time; also for whoever changed something and wants it kept at once.</summary>
    public async Task SaveAsync(CancellationToken cancellation)
    {
        await _saving.WaitAsync(cancellation);
        try
        {
            var changes = _states.All.Sum(state => state.Changes);
            if (changes != _filed && _file.Write(_states.All))
                _filed = changes;
            if (_database.State.Condition != DatabaseCondition.Ready)
                return;
            foreach (var state in _states.All)
            {
                var seen = state.Changes;
                if (_stored.GetValueOrDefault(state.Id) == seen)
                    continue;
                await _store.SaveAsync(state.Id, state.Status, _time.GetUtcNow(), cancellation);
                _stored[state.Id] = seen;
            }
        }
        finally
        {
            _saving.Release();
        }
    }

    public override void Dispose()
    {
        _saving.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Beat, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TrySaveAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // Whoever saves at this moment is about to be done: a file takes no time.
            var alone = await _saving.WaitAsync(TimeSpan.FromSeconds(2), CancellationToken.None);
            _file.Write(_states.All);
            if (alone)
                _saving.Release();
        }
    }

    private async Task TrySaveAsync(CancellationToken cancellation)
    {
        try
        {
            await SaveAsync(cancellation);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            Log.Unsaved(_logger, error.Message);
        }
    }

    private async Task ReloadAsync(CancellationToken cancellation)
    {
        foreach (var (id, stored) in await _store.ReadAsync(_time.GetUtcNow(), cancellation))
            _states.Of(id).Change(known => known.Merged(stored));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The accounts' states could not be saved; they are kept in memory, and are saved again shortly: {Reason}")]
        public static partial void Unsaved(ILogger logger, string reason);
    }
}
