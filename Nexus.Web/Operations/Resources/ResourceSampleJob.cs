using System.Globalization;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Operations.Retention;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Resources;

/// <summary>Adds the minutes' samples up to hours, measures the tables, and deletes expired samples.</summary>
internal sealed class ResourceSampleJob(IOptions<RetentionOptions> retention, IOptions<StorageOptions> storage, TimeProvider time) : IJob
{
    public const string Id = "resource-sample";

    /// <summary>Of minutes; hours are kept as long as rollups.</summary>
    public static readonly TimeSpan MinutesKept = TimeSpan.FromDays(14);

    private const string HoursSql = """
        INSERT INTO resource_samples (span_minutes, at, node, started_at, cpu, cpu_most, group_cpu, cpu_limit, throttled, memory_bytes, memory_most, group_memory_bytes, memory_limit_bytes,
            heap_bytes, allocated_per_second, gc_pause, full_collections, threads, queued_work, sockets, open_files, disk_free_bytes, disk_bytes)
        SELECT 60, date_bin('1 hour', at, '2000-01-01Z') AS hour, node, max(started_at), avg(cpu), max(cpu_most), avg(group_cpu), avg(cpu_limit), avg(throttled), avg(memory_bytes), max(memory_most), avg(group_memory_bytes), avg(memory_limit_bytes),
            avg(heap_bytes), avg(allocated_per_second), avg(gc_pause), sum(full_collections), avg(threads), avg(queued_work), avg(sockets), avg(open_files), avg(disk_free_bytes), avg(disk_bytes)
        FROM resource_samples m
        WHERE span_minutes = 1 AND at < date_bin('1 hour', $1, '2000-01-01Z')
            AND NOT EXISTS (SELECT FROM resource_samples h WHERE h.span_minutes = 60 AND h.at = date_bin('1 hour', m.at, '2000-01-01Z') AND h.node = m.node)
        GROUP BY hour, node
        """;

    private const string DatabaseHoursSql = """
        INSERT INTO database_samples (span_minutes, at, bytes, connections, active, max_connections, disk_free_bytes, disk_bytes)
        SELECT 60, date_bin('1 hour', at, '2000-01-01Z') AS hour, (array_agg(bytes ORDER BY at DESC))[1], max(connections), max(active), max(max_connections), (array_agg(disk_free_bytes ORDER BY at DESC))[1], max(disk_bytes)
        FROM database_samples m
        WHERE span_minutes = 1 AND at < date_bin('1 hour', $1, '2000-01-01Z')
            AND NOT EXISTS (SELECT FROM database_samples h WHERE h.span_minutes = 60 AND h.at = date_bin('1 hour', m.at, '2000-01-01Z'))
        GROUP BY hour
        """;

    private const string TablesSql = """
        UPDATE database_samples SET tables = (SELECT jsonb_object_agg(name, bytes) FROM (
            SELECT coalesce(i.inhparent, c.oid)::regclass::text AS name, sum(pg_total_relation_size(c.oid)) AS bytes
            FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.relkind IN ('r', 'm') AND c.relnamespace = 'public'::regnamespace GROUP BY 1) AS sizes)
        WHERE span_minutes = 60 AND tables IS NULL AND at = (SELECT max(at) FROM database_samples WHERE span_minutes = 60)
        """;

    /// <summary>A restored database of the private server lacks it, because backups restore where it cannot be made.</summary>
    private const string StatementsSql = """
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') THEN CREATE EXTENSION IF NOT EXISTS pg_stat_statements; END IF;
        END $$
        """;

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var hours = await ExecuteAsync(context.Connection, HoursSql, now, cancellation);
        await ExecuteAsync(context.Connection, DatabaseHoursSql, now, cancellation);
        await ExecuteAsync(context.Connection, TablesSql, null, cancellation);
        if (storage.Value.DatabaseUrl.Length == 0)
            await ExecuteAsync(context.Connection, StatementsSql, null, cancellation);
        long deleted = 0;
        foreach (var table in new[] { "resource_samples", "database_samples" })
        {
            deleted += await ExpiredRows.DeleteAsync(context.Connection, table, "span_minutes = 1 AND at < $1", now - MinutesKept, cancellation);
            if (RetentionAge.Parse(retention.Value.Rollups).Bound(now) is { } bound)
                deleted += await ExpiredRows.DeleteAsync(context.Connection, table, "at < $1", bound, cancellation);
        }

        return new(string.Create(CultureInfo.InvariantCulture, $"{hours} hours added up; {deleted} expired samples deleted."), new { hours, deleted }, 1);
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, DateTimeOffset? now, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        if (now is { } at)
            command.Parameters.Add(new() { Value = at });
        return await command.ExecuteNonQueryAsync(cancellation);
    }
}
