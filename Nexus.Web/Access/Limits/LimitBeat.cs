using Nexus.Web.Capture.Journaling;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Access.Limits;

/// <summary>
/// The exchange between this node's gates and the database: reads the limits and what was used, says what the node claims, is
/// granted more. Requests never wait for it.
/// </summary>
internal sealed partial class LimitBeat(LimitBook book, LimitSnapshot snapshot, Reservations reservations, Database database, IServiceProvider services, TimeProvider time, ILogger<LimitBeat> logger) : BackgroundService
{
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    /// <summary>After this long without a row, with an empty journal, none will come.</summary>
    private static readonly TimeSpan Lost = TimeSpan.FromMinutes(10);

    private readonly Dictionary<LimitGate, Claim> _told = [];
    // Before the ports open: hosted services are made before the first one starts.
    private readonly LimitSnapshot _snapshot = Restored(snapshot, book, time);
    private readonly Journal? _journal = services.GetService<Journal>();
    private long _readAt;
    private long _sweptAt;
    private bool _registered;

    /// <summary>One per start: what an earlier run of this node claimed expires by itself.</summary>
    public Guid Node { get; } = Guid.NewGuid();

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (!_registered || reservations.Count > 0 || database.State.Condition != DatabaseCondition.Ready)
            return;
        try
        {
            await using var leave = database.JobsDataSource.CreateCommand("DELETE FROM limit_nodes WHERE id = $1");
            leave.Parameters.AddWithValue(Node);
            await leave.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error) || error is OperationCanceledException)
        {
            // The others see within twenty seconds that the node is gone.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            while (true)
            {
                await database.WaitUntilReadyAsync(stoppingToken);
                var failed = !await TryBeatAsync(stoppingToken);
                await book.NextBeatAsync(failed || book.IsEmpty ? Quiet : Busy, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What the node claims expires.
        }
    }

    private async Task<bool> TryBeatAsync(CancellationToken cancellation)
    {
        try
        {
            await BeatAsync(cancellation);
            return true;
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or InvalidOperationException or FormatException)
        {
            _told.Clear();
            Log.Failed(logger, error.Message);
            return false;
        }
    }

    private async Task BeatAsync(CancellationToken cancellation)
    {
        await using var connection = await database.JobsDataSource.OpenConnectionAsync(cancellation);
        if (!_registered)
        {
            // Read again afterwards: whoever registers later than this sees this node.
            await LimitsRead.OfAsync(connection, Node, time.GetTimestamp(), cancellation);
            _registered = true;
        }

        var readAt = time.GetTimestamp();
        if (_readAt != 0 && time.GetElapsedTime(_readAt) > LimitBook.LeaseLife)
            foreach (var gate in book.Gates)
                gate.Lapse();
        var read = await LimitsRead.OfAsync(connection, Node, readAt, cancellation);
        var now = time.GetUtcNow();
        book.Take(read, now);
        var claims = Claims(read, now);
        if (claims.Count > 0)
            await LeaseExchange.RunAsync(connection, Node, claims, now, cancellation);
        foreach (var (gate, claim) in claims)
            _told[gate] = claim;
        book.Publish(read);
        _snapshot.Write(read);
        _readAt = readAt;
        if (time.GetElapsedTime(_sweptAt) > TimeSpan.FromMinutes(1))
            await SweepAsync(connection, cancellation);
    }

    private static LimitSnapshot Restored(LimitSnapshot snapshot, LimitBook book, TimeProvider time)
    {
        if (snapshot.Read() is { } last)
            book.Restore(last, time.GetUtcNow());
        return snapshot;
    }

    /// <summary>What is new since the last beat.</summary>
    private List<(LimitGate, Claim)> Claims(LimitsRead read, DateTimeOffset now)
    {
        var claims = new List<(LimitGate, Claim)>();
        var alone = read.Nodes == 1;
        foreach (var gate in book.Gates)
        {
            var view = gate.View();
            var others = read.Others.GetValueOrDefault((view.Limit.Id, view.Subject));
            var same = others?.PeriodStart == view.Period.Start;
            var left = Math.Max(0, view.Limit.BudgetAt(now) - view.Used - view.Reserved - (same ? others!.Reserved : 0));
            var claim = gate.Claim(view.Limit.Hard ? alone ? left : left / (2 * read.Nodes) : 0, alone, same && others!.Wanted > 0);
            if (!view.Limit.Hard || view.Limit.Amount is null)
                claim = claim with { Want = 0, Wanted = 0 };
            if (claim.Want > 0 || !_told.TryGetValue(gate, out var told) || told != claim)
                claims.Add((gate, claim));
        }

        return claims;
    }

    private async Task SweepAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        _sweptAt = time.GetTimestamp();
        foreach (var gone in _told.Keys.Except(book.Gates).ToList())
            _told.Remove(gone);
        if (_journal is null || _journal.Status.BacklogExchanges == 0)
            reservations.GiveUp(Lost);
        await using var sweep = new NpgsqlCommand("DELETE FROM limit_nodes WHERE seen_at < now() - interval '1 hour'", connection);
        await sweep.ExecuteNonQueryAsync(cancellation);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Limits could not be exchanged with the database; this node goes by what it last read. {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
