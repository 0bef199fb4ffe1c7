using Npgsql;

namespace Nexus.Web.Storage;

/// <summary>
/// Tells what this node holds in memory (prices, keys, limits) to be read anew when any node changed it: one connection that
/// listens for PostgreSQL's notifications. Whoever changes something calls <c>pg_notify</c> in the same transaction.
/// </summary>
internal sealed partial class ChangeFeed(Database database, TimeProvider time, ILogger<ChangeFeed> logger) : BackgroundService
{
    /// <summary>Everything is read anew after this long without a notification, so that a lost one cannot do harm for longer.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>Between attempts at a connection. One that had held longer is made anew at once: what was told meanwhile is read as soon as it can be.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Func<CancellationToken, Task>> _followers = [];
    private CancellationTokenSource _joined = new();

    /// <summary>
    /// From now on <paramref name="reload"/> runs whenever the channel is notified, when the connection was made anew, and every
    /// half minute; never twice at a time, and never while the database is away. One follower per channel.
    /// </summary>
    public void Follow(string channel, Func<CancellationToken, Task> reload)
    {
        lock (_gate)
        {
            _followers[channel] = reload;
            _joined.Cancel();
        }
    }

    public override void Dispose()
    {
        lock (_gate)
            _joined.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            try
            {
                await database.WaitUntilReadyAsync(stoppingToken);
                await ListenAsync(stoppingToken);
                continue;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                Log.Lost(logger, error.Message);
            }

            if (time.GetElapsedTime(started) < Pause)
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ends when somebody joins: the channels are then listened to anew.</summary>
    private async Task ListenAsync(CancellationToken cancellation)
    {
        var (followers, joined) = Followers();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, joined);
        var notified = new HashSet<string>();
        await using var connection = await database.JobsDataSource.OpenConnectionAsync(cancellation);
        connection.Notification += (_, notification) => notified.Add(notification.Channel);
        // The names are this app's own constants. PostgreSQL shows the last statement as what the connection is for.
        await using (var listen = new NpgsqlCommand("SELECT 1" + string.Concat(followers.Select(follower => $"; LISTEN \"{follower.Key}\"")), connection))
            await listen.ExecuteNonQueryAsync(cancellation);
        var all = true;
        while (true)
        {
            foreach (var (channel, reload) in followers)
                if (all || notified.Contains(channel))
                    await reload(cancellation);
            notified.Clear();
            try
            {
                all = !await connection.WaitAsync(Silence, either.Token);
            }
            catch (OperationCanceledException) when (joined.IsCancellationRequested && !cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private (KeyValuePair<string, Func<CancellationToken, Task>>[] Followers, CancellationToken Joined) Followers()
    {
        lock (_gate)
        {
            _joined.Dispose();
            _joined = new CancellationTokenSource();
            return ([.. _followers], _joined.Token);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The connection that tells changes made by other nodes was lost and is made anew; what they changed meanwhile is read then: {Reason}")]
        public static partial void Lost(ILogger logger, string reason);
    }
}
