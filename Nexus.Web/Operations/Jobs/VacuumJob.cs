using System.Data;
using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Jobs;

/// <param name="Bytes">On disk, with indexes and TOAST.</param>
internal sealed record TableState(long Bytes, long DeadTuples);

/// <param name="Partitioned">Only analyzed, and its figures are those of its partitions over again.</param>
/// <param name="Before">Null when not even that could be asked.</param>
/// <param name="Error">PostgreSQL's words; null when it went well.</param>
internal sealed record VacuumedTable(string Table, bool Partitioned, TableState? Before, TableState? After, long Milliseconds, string? Error);

internal sealed record VacuumDetails(IReadOnlyList<VacuumedTable> Tables, IReadOnlyList<string> NotReached);

/// <summary>
/// VACUUM (ANALYZE) table by table, least recently done first, so that runs which are cut off still get round to all of them.
/// Never FULL: that would lock each table against ingest.
/// </summary>
internal sealed partial class VacuumJob(IDbContextFactory<NexusDbContext> contexts, ILogger<VacuumJob> logger) : IJob
{
    private const string TablesSql = """
        SELECT t.oid::regclass::text, t.relkind = 'p'
        FROM pg_class t LEFT JOIN pg_inherits i ON i.inhrelid = t.oid
        WHERE t.relkind IN ('r', 'p') AND coalesce(i.inhparent, t.oid) IN (SELECT to_regclass(name) FROM unnest($1) AS name)
        -- A partitioned table has no rows of its own and comes last: PostgreSQL analyzes it from its partitions, and never by itself.
        ORDER BY t.relkind = 'p', greatest(pg_stat_get_last_vacuum_time(t.oid), pg_stat_get_last_autovacuum_time(t.oid)) NULLS FIRST, t.oid
        """;

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        // As gently as autovacuum: pauses between pages, so that requests do not wait for the disk.
        await using (var gently = new NpgsqlCommand("SET vacuum_cost_delay = '2ms'; SET lock_timeout = '60s'", context.Connection))
            await gently.ExecuteNonQueryAsync(cancellation);
        var waiting = new Queue<(string Table, bool Partitioned)>(await TablesAsync(context.Connection, cancellation));
        var done = new List<VacuumedTable>();
        while (waiting.TryDequeue(out var next))
        {
            done.Add(await VacuumAsync(context.Connection, next.Table, next.Partitioned, cancellation));
            await context.ReportAsync(Result(done, waiting));
        }

        var failed = done.Where(table => table.Error is not null).ToList();
        return failed.Count == 0
            ? Result(done, waiting)
            : throw new InvalidOperationException($"VACUUM failed for {string.Join("; ", failed.Select(table => $"{table.Table}: {table.Error}"))}. The other {done.Count - failed.Count} tables are done.");
    }

    private async Task<VacuumedTable> VacuumAsync(NpgsqlConnection connection, string table, bool partitioned, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        TableState? before = null;
        try
        {
            before = await StateAsync(connection, table, cancellation);
            started = Stopwatch.GetTimestamp();
            // The name was quoted by PostgreSQL (regclass). No time-out of its own: the run's time box is the limit.
            await using var vacuum = new NpgsqlCommand(partitioned ? $"ANALYZE {table}" : $"VACUUM (ANALYZE) {table}", connection) { CommandTimeout = 0 };
            await vacuum.ExecuteNonQueryAsync(cancellation);
            var took = (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            var after = await StateAsync(connection, table, cancellation);
            Log.Vacuumed(logger, table, before.Bytes, after.Bytes, before.DeadTuples, after.DeadTuples, took);
            return new(table, partitioned, before, after, took, null);
        }
        catch (PostgresException refused) when (!cancellation.IsCancellationRequested && connection.State == ConnectionState.Open)
        {
            Log.Refused(logger, table, refused.MessageText);
            return new(table, partitioned, before, null, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds, refused.MessageText);
        }
    }

    private async Task<List<(string Table, bool Partitioned)>> TablesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        // Only Nexus's own: a given database may hold others' tables.
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var names = db.Model.GetEntityTypes().Select(type => type.GetTableName()!).Append(NexusDbOptions.MigrationsTable).Distinct().ToArray();
        await using var command = new NpgsqlCommand(TablesSql, connection) { Parameters = { new() { Value = names } } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var tables = new List<(string, bool)>();
        while (await reader.ReadAsync(cancellation))
            tables.Add((reader.GetString(0), reader.GetBoolean(1)));
        return tables;
    }

    private static async Task<TableState> StateAsync(NpgsqlConnection connection, string table, CancellationToken cancellation)
    {
        // A partitioned table is the sum of its partitions; pg_partition_tree of another table is the table alone.
        const string Sql = "SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint, coalesce(sum(pg_stat_get_dead_tuples(relid)), 0)::bigint FROM (SELECT $1::text::regclass AS relid UNION SELECT relid FROM pg_partition_tree($1::text::regclass)) AS tables";
        // Sizes wait for whoever has the table locked, as VACUUM does; lock_timeout ends both.
        await using var command = new NpgsqlCommand(Sql, connection) { CommandTimeout = 0, Parameters = { new() { Value = table } } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new(reader.GetInt64(0), reader.GetInt64(1));
    }

    private static JobResult Result(List<VacuumedTable> done, Queue<(string Table, bool Partitioned)> waiting)
    {
        string[] notReached = [.. waiting.Select(table => table.Table)];
        var leaves = done.Where(table => table is { Partitioned: false, Error: null }).ToList();
        var summary = string.Create(CultureInfo.InvariantCulture,
            $"{done.Count} of {done.Count + notReached.Length} tables; {Megabytes(leaves.Sum(table => table.Before!.Bytes))} → {Megabytes(leaves.Sum(table => table.After!.Bytes))} MB, {leaves.Sum(table => table.Before!.DeadTuples)} → {leaves.Sum(table => table.After!.DeadTuples)} dead tuples.");
        return new(summary, new VacuumDetails([.. done], notReached), (double)done.Count / Math.Max(1, done.Count + notReached.Length));
    }

    private static string Megabytes(long bytes) => (bytes / 1_000_000.0).ToString("0.0", CultureInfo.InvariantCulture);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "VACUUM (ANALYZE) {Table}: {BytesBefore} → {BytesAfter} bytes, {DeadBefore} → {DeadAfter} dead tuples, {Milliseconds} ms.")]
        public static partial void Vacuumed(ILogger logger, string table, long bytesBefore, long bytesAfter, long deadBefore, long deadAfter, long milliseconds);

        [LoggerMessage(LogLevel.Error, "VACUUM (ANALYZE) {Table} failed: {Reason} The other tables go on.")]
        public static partial void Refused(ILogger logger, string table, string reason);
    }
}
