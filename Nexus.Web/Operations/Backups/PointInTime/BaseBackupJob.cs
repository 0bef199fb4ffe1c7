using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Backups.PointInTime;

/// <summary>A base backup where the newest is a week old or there is none; WAL goes on from it. Nothing where BACKUP_PITR is off.</summary>
internal sealed class BaseBackupJob(WalArchive archive, StoredBases bases, PostgresClients clients, Database database, TimeProvider time) : IJob
{
    public const string Id = "base-backup";

    /// <summary>A little less than a week, so that a daily run keeps to its day.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromDays(6.5);

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        if (!archive.IsOn)
            return new("Nothing to do: BACKUP_PITR is off, or the database is not the private PostgreSQL.", new { });
        var home = await archive.HomeAsync(cancellation);
        var expired = bases.Prune(home);
        var newest = StoredBases.ListOf(home).FirstOrDefault();
        if (newest is { IsWhole: true } && newest.EndedAt > time.GetUtcNow() - Fresh)
            return new($"The base backup of {newest.EndedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC is recent enough. {BackupWords.Files(expired, "WAL segment")} expired.", new { newest.EndedAt, expired }, 1);
        var made = await MakeAsync(home, context, cancellation);
        return new($"{Path.GetFileName(made.Directory)}: {BackupWords.Size(made.Bytes)}. {BackupWords.Files(expired, "WAL segment")} expired.", new { made.EndedAt, made.Bytes, expired }, 1);
    }

    private async Task<StoredBase> MakeAsync(string home, JobContext context, CancellationToken cancellation)
    {
        await using (var archiving = new NpgsqlCommand("SHOW archive_mode", context.Connection))
            if ((string)(await archiving.ExecuteScalarAsync(cancellation))! == "off")
                throw new InvalidOperationException("The private PostgreSQL still runs as it was started before BACKUP_PITR was set. Restart Nexus (docker restart, or stop and start run.sh).");
        await using var segment = new NpgsqlCommand("SELECT pg_walfile_name(pg_current_wal_lsn())", context.Connection);
        var first = (string)(await segment.ExecuteScalarAsync(cancellation))!;
        var size = await SnapshotFacts.BytesAsync(context.Connection, cancellation);
        var program = await clients.FindAsync("pg_basebackup", context.Connection.PostgreSqlVersion, cancellation);
        var directory = bases.New(home);
        try
        {
            var environment = PostgresClients.Environment(context.Connection, database.Settings, context.Connection.Database);
            await using var backup = PipedProcess.Start(program.Path, ["--pgdata", directory, "--format=tar", "--compress=1", "--wal-method=stream", "--checkpoint=fast", "--label=nexus", "--no-password"], environment, input: false);
            var end = backup.EndAsync(cancellation);
            while (await Task.WhenAny(end, Task.Delay(TimeSpan.FromSeconds(1), time, cancellation)) != end)
            {
                var bytes = new DirectoryInfo(directory).EnumerateFiles().Sum(file => file.Length);
                await context.ReportAsync(new($"{bytes >> 20} MB are written.", new { bytes }, Math.Min(0.99, 3.0 * bytes / Math.Max(1, size))));
            }

            await end;
            return bases.Finish(directory, first);
        }
        catch
        {
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }
}
