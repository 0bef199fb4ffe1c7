using Microsoft.EntityFrameworkCore;
using Nexus.Web.Access.BreakGlass;
using Nexus.Web.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Access.SignIn;

/// <summary>Writes sessions down, and keeps what this node knows of sessions and grants up to date: at once when another node changes one.</summary>
internal sealed partial class SessionFeed(Database database, ChangeFeed changes, SessionBook book, Grants grants, TimeProvider time, ILogger<SessionFeed> logger) : BackgroundService
{
    /// <summary>Sent by whoever ends a session or changes a grant, in the same transaction; says nothing but that.</summary>
    public const string Channel = "nexus_sign_in";

    /// <summary>When somebody was seen last is written this often.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        changes.Follow(Channel, ReloadAsync);
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (database.State.Condition == DatabaseCondition.Ready)
            await TryWriteAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await book.Changed.WaitAsync(Beat, stoppingToken);
                await database.WaitUntilReadyAsync(stoppingToken);
                while (!await TryWriteAsync(stoppingToken))
                    await Task.Delay(Pause, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What waits is written by StopAsync.
        }
    }

    private async Task ReloadAsync(CancellationToken cancellation)
    {
        await using var db = new NexusDbContext(NexusDbOptions.Of(database.JobsDataSource));
        var from = time.GetUtcNow() - book.Lasts;
        var rows = db.Sessions.AsNoTracking().Where(row => row.CreatedAt > from);
        var open = await rows.Where(row => row.EndedAt == null).OrderByDescending(row => row.LastSeenAt).Take(SessionBook.Most).ToListAsync(cancellation);
        // One more than the book holds, so that it knows that there are more.
        var ended = await rows.Where(row => row.EndedAt != null).OrderByDescending(row => row.CreatedAt).Take(SessionBook.MostEnded + 1).ToListAsync(cancellation);
        book.Merge([.. open, .. ended]);
        await grants.ReloadAsync(cancellation);
    }

    /// <returns>Whether nothing waits any more. No exception leaves here: it would stop the gateway.</returns>
    private async Task<bool> TryWriteAsync(CancellationToken cancellation)
    {
        var waiting = book.Unwritten();
        return waiting.Count == 0 || await RowByRow.WriteAsync(
            waiting,
            sessions => WriteAsync([.. sessions.Select(session => session.Take())], cancellation),
            (session, error) => Log.Dropped(logger, session.Row.Id, error.GetBaseException().Message),
            Later);
    }

    private void Later(IEnumerable<KnownSession> waiting, Exception error)
    {
        foreach (var session in waiting)
            session.Failed();
        Log.Later(logger, error.Message);
    }

    private async Task WriteAsync(List<SessionRow> rows, CancellationToken cancellation)
    {
        await using var connection = await database.JobsDataSource.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var write = new NpgsqlCommand("""
            INSERT INTO dashboard_sessions (id, person, way, role, address, user_agent, created_at, last_seen_at, ended_at, ended_by)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::text[])
            ON CONFLICT (id) DO UPDATE SET last_seen_at = greatest(dashboard_sessions.last_seen_at, excluded.last_seen_at),
                ended_by = CASE WHEN dashboard_sessions.ended_at IS NULL THEN excluded.ended_by ELSE dashboard_sessions.ended_by END,
                ended_at = coalesce(dashboard_sessions.ended_at, excluded.ended_at)
            """, connection, transaction))
        {
            void Texts(Func<SessionRow, string?> of) => write.Parameters.Add(new() { Value = rows.Select(of).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
            void Times(Func<SessionRow, DateTimeOffset?> of) => write.Parameters.Add(new() { Value = rows.Select(of).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
            Texts(row => row.Id);
            Texts(row => row.Person);
            Texts(row => row.Way);
            Texts(row => row.Role);
            Texts(row => row.Address);
            Texts(row => row.UserAgent);
            Times(row => row.CreatedAt);
            Times(row => row.LastSeenAt);
            Times(row => row.EndedAt);
            Texts(row => row.EndedBy);
            await write.ExecuteNonQueryAsync(cancellation);
        }

        // Who was seen when need not be told at once.
        if (rows.Exists(row => row.EndedAt is not null))
        {
            await using var notify = new NpgsqlCommand("SELECT pg_notify($1, '')", connection, transaction) { Parameters = { new() { Value = Channel } } };
            await notify.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Sessions are written down later: {Reason}")]
        public static partial void Later(ILogger logger, string reason);

        [LoggerMessage(EventName = "session_lost", Level = LogLevel.Warning, Message = "The session {Id} cannot be written down, and is known to this node alone: {Reason}")]
        public static partial void Dropped(ILogger logger, string id, string reason);
    }
}
