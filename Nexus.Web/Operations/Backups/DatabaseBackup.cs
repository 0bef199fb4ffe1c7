using System.Data;
using System.IO.Compression;
using Nexus.Web.Operations.Health;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Backups;

/// <param name="Since">Null: everything.</param>
/// <param name="Custom">pg_dump's own format, for pg_restore, in place of SQL that psql reads.</param>
/// <param name="At">The moment that a recovered server stands at; null: now.</param>
internal sealed record BackupRequest(DateTimeOffset? Since = null, bool Custom = false, DateTimeOffset? At = null)
{
    public string Kind => At is not null ? "moment" : Since is null ? "database" : "recent";

    public string Format => Custom ? "custom" : "sql.gz";
}

/// <summary>
/// Dumps the database of a connection into the <see cref="BackupStore"/>, streaming. What the manifest counts is counted in the
/// snapshot that is dumped. Hangfire's schema is left out: its queue would start old runs again.
/// </summary>
internal sealed partial class DatabaseBackup(Database database, BackupStore store, PostgresClients clients, TimeProvider time, ILogger<DatabaseBackup> logger)
{
    /// <summary>Keeps backups single across nodes, the job's and those of the command line.</summary>
    public const string Lock = "database-backup";

    /// <param name="connection">Idle; a transaction of it lives as long as the dump.</param>
    /// <param name="report">Called about once a second.</param>
    /// <exception cref="InvalidOperationException">pg_dump is missing, too old, or failed.</exception>
    public async Task<BackupManifest> RunAsync(NpgsqlConnection connection, BackupRequest request, Func<DumpProgress, Task> report, CancellationToken cancellation)
    {
        if (request is { Custom: true, Since: not null })
            throw new InvalidOperationException("--since makes SQL: it cannot be combined with --custom.");
        var dump = await clients.FindAsync("pg_dump", connection.PostgreSqlVersion, cancellation);
        store.Prune(request.Kind);
        var path = store.NewPath(request.Kind, request.Custom ? "dump" : "sql.gz", request.At ?? time.GetUtcNow());
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        try
        {
            // The first statement makes the snapshot; temporary tables come after it was exported.
            await using var export = new NpgsqlCommand("SELECT pg_export_snapshot()", connection);
            var snapshot = (string)(await export.ExecuteScalarAsync(cancellation))!;
            var pgDump = new SnapshotDump(dump.Path, snapshot, PostgresClients.Environment(connection, database.Settings, connection.Database));
            var manifest = await WriteAsync(connection, path, request, pgDump, dump.Version, report, cancellation);
            BackupStore.Finish(path, manifest);
            Log.Made(logger, manifest.File, manifest.Sums.Bytes, manifest.Database!.Rows.Values.Sum());
            foreach (var gone in store.Prune(request.Kind))
                Log.Expired(logger, gone);
            return manifest;
        }
        catch
        {
            File.Delete(path + BackupStore.UnfinishedSuffix);
            throw;
        }
    }

    private async Task<BackupManifest> WriteAsync(NpgsqlConnection connection, string path, BackupRequest request, SnapshotDump dump, string version, Func<DumpProgress, Task> report, CancellationToken cancellation)
    {
        var now = request.At ?? time.GetUtcNow();
        var size = await SnapshotFacts.BytesAsync(connection, cancellation);
        var progress = new DumpMeter(Expected(request, size), time, report);
        FileSums sums;
        IReadOnlyDictionary<string, long> rows;
        var recent = request.Since is { } since ? await RecentData.SelectAsync(connection, since, cancellation) : null;
        await using (var file = new CheckedFile(path + BackupStore.UnfinishedSuffix))
        {
            if (request.Custom)
                await dump.WriteAsync(["--format=custom"], file, progress, cancellation);
            else
                await using (var gzip = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true))
                {
                    if (recent is null)
                        await dump.WriteAsync([], gzip, progress, cancellation);
                    else
                        await recent.WriteAsync(dump, gzip, progress, cancellation);
                }

            rows = await SnapshotFacts.RowsAsync(connection, await SnapshotFacts.TablesAsync(connection, cancellation), cancellation);
            sums = file.Complete();
        }

        var content = new DatabaseContent(connection.PostgreSqlVersion.ToString(), version, await SnapshotFacts.SchemaAsync(connection, cancellation), size, progress.Bytes, request.Since,
            recent?.Rows(rows) ?? rows, await SnapshotFacts.NewestAsync(connection, cancellation), await SnapshotFacts.SamplesAsync(connection, recent is null ? null : RecentData.Payloads, cancellation));
        return new(request.Kind, request.Format, Path.GetFileName(path), now,
            recent?.Holds ?? "Every table of the database. Not Hangfire's schema, not the files under DATA_DIR and CREDENTIALS_DIR.", sums, HealthState.Version)
        { Database = content };
    }

    /// <summary>Bytes that the dump will have, by the last one's proportion; SQL writes two digits for a stored byte.</summary>
    private long Expected(BackupRequest request, long size)
    {
        var last = store.List(request.Kind).Select(backup => backup.Manifest).FirstOrDefault(manifest => manifest?.Format == request.Format)?.Database;
        return last is { DatabaseBytes: > 0 } ? (long)((double)size * last.DumpedBytes / last.DatabaseBytes) : request.Custom ? size : size * 2;
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "backup_made", Level = LogLevel.Information, Message = "Backup {File} is made: {Bytes} bytes, {Rows} rows.")]
        public static partial void Made(ILogger logger, string file, long bytes, long rows);

        [LoggerMessage(LogLevel.Information, "Backup {File} is deleted: RETENTION_BACKUPS does not keep it any longer.")]
        public static partial void Expired(ILogger logger, string file);
    }
}
