using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Whether the database answers, is new enough, takes writes, has this version's schema and connections to spare.</summary>
internal sealed class DatabaseProbe(Database database, IOptions<StorageOptions> storage, IOptions<DataOptions> data, TimeProvider time) : IProbe
{
    private const int OldestVersion = 150_000;

    public string Name => "database";

    public string Title => "Database";

    /// <summary>How far the server's clock is ahead of this machine's; null until it has answered.</summary>
    public TimeSpan? ClockOffset { get; private set; }

    public async Task<Finding> LookAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await database.JobsDataSource.OpenConnectionAsync(cancellation);
            return await LookAsync(connection, cancellation);
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error) || error is System.Net.Sockets.SocketException or IOException)
        {
            ClockOffset = null;
            return Finding.Failure($"{database.Settings.Host} does not answer: {(database.State.LastError ?? error.GetBaseException().Message).TrimEnd('.')}.", Fix);
        }
    }

    /// <summary>Not so for <c>nexus doctor</c>, which only looks.</summary>
    private bool IsStarting => database is { ExecuteTask: not null, State.Condition: DatabaseCondition.Starting };

    private string Fix => storage.Value.DatabaseUrl.Length > 0
        ? "Check that the server runs, that DATABASE_URL is right (psql \"$DATABASE_URL\" tells more), and that pg_hba.conf lets this machine in."
        : $"Nexus starts its private PostgreSQL again by itself; why it does not run stands in {data.Value.PostgresDirectory}/server.log.";

    private async Task<Finding> LookAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var before = time.GetTimestamp();
        await using var command = new NpgsqlCommand("""
            SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
                   (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'), clock_timestamp(),
                   (SELECT last_failed_wal FROM pg_stat_archiver WHERE last_failed_time > coalesce(last_archived_time, '-infinity'))
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var (version, standby, most, open) = (reader.GetInt32(0), reader.GetBoolean(1), reader.GetInt32(2), reader.GetInt32(3));
        ClockOffset = reader.GetFieldValue<DateTimeOffset>(4) - time.GetUtcNow() + (time.GetElapsedTime(before) / 2);
        var unarchived = storage.Value.PointInTime && !await reader.IsDBNullAsync(5, cancellation) ? reader.GetString(5) : null;
        await reader.DisposeAsync();
        var words = $"PostgreSQL {version / 10_000}.{version % 10_000} at {database.Settings.Host}, {open} of {most} connections open";
        if (version < OldestVersion)
            return Finding.Failure($"{words}: too old.", "Nexus needs PostgreSQL 15 or newer: upgrade the server, or leave DATABASE_URL empty for a private one.");
        if (standby)
            return Finding.Failure($"{words}: a standby, which takes no writes.", "Point DATABASE_URL at the primary, or name all hosts in it so that the one that takes writes is found.");
        if (!await AppliedMigrations.AreCompleteAsync(database.JobsDataSource, cancellation))
            return IsStarting ? Finding.Ok($"{words}; Nexus is bringing its schema up to date.") : Finding.Warning($"{words}; its schema is not this version's.", "Start this version of Nexus: it brings the schema up to date.");
        if (unarchived is not null)
            return Finding.Failure($"{words}; WAL segment {unarchived} cannot be archived, and WAL is kept until it can.", $"Look at the end of {data.Value.PostgresDirectory}/server.log and at the space in BACKUP_PITR_DIR; switch BACKUP_PITR off if it must not fill this disk.");
        return open > most * 0.9
            ? Finding.Warning($"{words}: nearly all.", "Close what else uses the server, raise its max_connections, or lower pool_max in DATABASE_URL.")
            : Finding.Ok($"{words}.");
    }
}
