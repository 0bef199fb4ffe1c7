using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Backups.PointInTime;

/// <summary>
/// Makes a backup of the database as it was at a moment: a base backup and the WAL up to then run as a second server, which is
/// dumped like the real one. What comes out is compared, restored and undone as every backup is.
/// </summary>
internal sealed class MomentBackup(WalArchive archive, StoredBases bases, DatabaseBackup backup, Database database, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="at">Null: the last moment that was archived.</param>
    /// <exception cref="InvalidOperationException">The moment cannot be reached: says which can.</exception>
    public async Task<BackupManifest> RunAsync(DateTimeOffset? at, Func<string, Task> report, CancellationToken cancellation)
    {
        if (!archive.IsOn)
            throw new InvalidOperationException("BACKUP_PITR is off, or the database is not the private PostgreSQL: nothing is archived that a moment could be recovered from.");
        var now = time.GetUtcNow();
        if (at > now)
            throw new InvalidOperationException($"{at:yyyy-MM-dd HH:mm:ss} UTC is yet to come; now it is {now:yyyy-MM-dd HH:mm:ss} UTC.");
        var stored = bases.List();
        if (stored.Count == 0)
            throw new InvalidOperationException("There is no base backup yet. The job base-backup makes one each week: run it on the page Jobs.");
        var from = stored.Find(candidate => at is null || candidate.EndedAt <= at)
            ?? throw new InvalidOperationException($"{at:yyyy-MM-dd HH:mm:ss} UTC is too long ago: the oldest base backup ended at {stored[^1].EndedAt:yyyy-MM-dd HH:mm:ss} UTC (BACKUP_PITR_DAYS).");
        await FlushAsync(from, report, cancellation);
        await report($"Recovering from {Path.GetFileName(from.Directory)}.");
        if (!from.IsWhole)
            await report($"The archive has a gap after {Path.GetFileName(from.Directory)}, where archiving was off: later moments than that cannot be recovered from it.");
        await using var server = await RecoveredServer.StartAsync(archive, from, at, database.Settings, cancellation);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(cancellation);
        return await backup.RunAsync(connection, new(At: at ?? await LastAsync(connection, cancellation)), progress => report($"{progress.Bytes >> 20} MB are dumped."), cancellation);
    }

    /// <summary>Has the running server archive what it wrote last. Without one, or after a loss of it, the archive is what there is.</summary>
    private async Task FlushAsync(StoredBase from, Func<string, Task> report, CancellationToken cancellation)
    {
        try
        {
            if (await archive.HomeAsync(cancellation) != from.Home)
                return;
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.Settings.ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(cancellation);
            // Recovery to a time stops at the first commit after it, so there must be one.
            await using (var commit = new NpgsqlCommand("SELECT pg_current_xact_id()", connection))
                await commit.ExecuteScalarAsync(cancellation);
            await using var end = new NpgsqlCommand("SELECT pg_walfile_name(pg_switch_wal())", connection);
            var segment = (string)(await end.ExecuteScalarAsync(cancellation))!;
            await report($"Waiting for WAL segment {segment} to be archived.");
            for (var begun = time.GetTimestamp(); !File.Exists(Path.Combine(WalArchive.SegmentsIn(from.Home), segment + ".gz")); await Task.Delay(TimeSpan.FromMilliseconds(200), time, cancellation))
                if (time.GetElapsedTime(begun) > Patience)
                {
                    await report($"It is not archived after {Patience.TotalSeconds:0} s (the page Health says why): what is archived already has to do.");
                    return;
                }
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
        {
            await report($"The database is away ({error.Message}): only what is archived already can be recovered.");
        }
    }

    private static async Task<DateTimeOffset> LastAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT coalesce((SELECT max(started_at) FROM requests), now())", connection);
        return new((DateTime)(await command.ExecuteScalarAsync(cancellation))!);
    }
}
