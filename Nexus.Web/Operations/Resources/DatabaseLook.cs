using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Resources;

/// <summary>A table with its indexes; a partitioned one is the sum of its partitions. Sizes in bytes.</summary>
/// <param name="Bloat">Estimated bytes that VACUUM FULL would give back; null where PostgreSQL has no statistics yet.</param>
internal sealed record TableSize(string Name, int Partitions, long Rows, long Dead, long Heap, long Indexes, long Toast, long Total, long? Bloat, DateTimeOffset? Vacuumed, DateTimeOffset? Analyzed);

internal sealed record IndexSize(string Name, string Table, long Bytes, long Scans);

/// <summary>Sessions of the server by state, those of this database and of others.</summary>
internal sealed record SessionCount(string State, int Here, int Elsewhere);

/// <summary>A statement that runs, or a transaction that stands open.</summary>
internal sealed record RunningStatement(int Pid, string Application, string State, double Seconds, string? Wait, string Sql);

internal sealed record WaitingLock(int Pid, string Lock, string? On, double Seconds, string Sql, int[] BlockedBy, string? Blocker);

internal sealed record SlowStatement(string Sql, long Calls, double MeanMs, double TotalMs, double WorstMs, long Rows);

internal sealed record ServerFacts(string Version, long Bytes, int MaxConnections, DateTimeOffset StartedAt, double? CacheHit, long Deadlocks, long TempBytes, string Autovacuum);

/// <summary>Looks at the database from inside, as its own views tell; every question ends after seconds.</summary>
internal sealed class DatabaseLook(Database database)
{
    private const string TablesSql = """
        WITH leaves AS (
            SELECT c.oid, coalesce(i.inhparent, c.oid) AS parent, c.reltuples, c.relpages, pg_relation_size(c.oid) AS heap, pg_indexes_size(c.oid) AS indexes, pg_total_relation_size(c.oid) AS total,
                s.n_live_tup, s.n_dead_tup, greatest(s.last_vacuum, s.last_autovacuum) AS vacuumed, greatest(s.last_analyze, s.last_autoanalyze) AS analyzed,
                -- Width of the columns as ANALYZE saw them, with 24 bytes of header and 4 of pointer a row, in pages of 8 KB without their own header.
                (SELECT sum((1 - null_frac) * avg_width) FROM pg_stats p WHERE p.schemaname = 'public' AND p.tablename = c.relname) AS width
            FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace)
        SELECT parent::regclass::text, (count(*) FILTER (WHERE parent <> oid))::integer, coalesce(sum(greatest(n_live_tup, reltuples::bigint, 0)), 0)::bigint, coalesce(sum(n_dead_tup), 0)::bigint,
            sum(heap)::bigint, sum(indexes)::bigint, sum(total - heap - indexes)::bigint, sum(total)::bigint,
            (sum(greatest(0, heap - ceil(reltuples * (28 + width) / 8168) * 8192)) FILTER (WHERE width IS NOT NULL AND reltuples >= 0))::bigint, max(vacuumed), max(analyzed)
        FROM leaves GROUP BY parent ORDER BY 8 DESC, 1 LIMIT 200
        """;

    private const string IndexesSql = """
        SELECT indexrelid::regclass::text, relid::regclass::text, pg_relation_size(indexrelid), idx_scan FROM pg_stat_user_indexes WHERE schemaname = 'public' ORDER BY 3 DESC, 1 LIMIT 15
        """;

    private const string SessionsSql = """
        SELECT coalesce(state, 'not told'), (count(*) FILTER (WHERE datname = current_database()))::integer, (count(*) FILTER (WHERE datname IS DISTINCT FROM current_database()))::integer
        FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1 ORDER BY count(*) DESC, 1
        """;

    private const string RunningSql = """
        SELECT pid, coalesce(application_name, ''), coalesce(state, ''), extract(epoch FROM clock_timestamp() - CASE WHEN state = 'active' THEN query_start ELSE xact_start END)::float8, nullif(concat_ws(': ', wait_event_type, wait_event), 'Client: ClientRead'), left(query, 1000)
        FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND (state = 'active' OR xact_start IS NOT NULL) AND backend_type = 'client backend' ORDER BY 4 DESC NULLS LAST LIMIT 20
        """;

    private const string LocksSql = """
        SELECT a.pid, l.locktype || ' ' || l.mode, l.relation::regclass::text, extract(epoch FROM clock_timestamp() - coalesce(l.waitstart, a.query_start))::float8, left(a.query, 500), pg_blocking_pids(a.pid),
            (SELECT left(b.query, 500) FROM pg_stat_activity b WHERE b.pid = (pg_blocking_pids(a.pid))[1])
        FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE NOT l.granted AND a.datname = current_database() ORDER BY 4 DESC LIMIT 20
        """;

    private const string FactsSql = """
        SELECT current_setting('server_version'), pg_database_size(current_database()), current_setting('max_connections')::integer, pg_postmaster_start_time(), blks_hit::float8 / nullif(blks_hit + blks_read, 0), deadlocks, temp_bytes,
            (SELECT string_agg(name || ' = ' || setting || coalesce(' ' || unit, ''), ', ' ORDER BY name) FROM pg_settings WHERE name IN ('autovacuum', 'autovacuum_naptime', 'autovacuum_vacuum_scale_factor', 'autovacuum_analyze_scale_factor', 'autovacuum_max_workers'))
        FROM pg_stat_database WHERE datname = current_database()
        """;

    private const string SlowSql = """
        SELECT left(query, 1000), calls, mean_exec_time, total_exec_time, max_exec_time, rows FROM pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY mean_exec_time DESC LIMIT 10
        """;

    public Task<List<TableSize>> TablesAsync(CancellationToken cancellation) => ReadAsync(TablesSql, row => new TableSize(
        row.GetString(0), row.GetInt32(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.IsDBNull(8) ? null : row.GetInt64(8), Time(row, 9), Time(row, 10)), cancellation);

    public Task<List<IndexSize>> IndexesAsync(CancellationToken cancellation) => ReadAsync(IndexesSql, row => new IndexSize(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3)), cancellation);

    public Task<List<SessionCount>> SessionsAsync(CancellationToken cancellation) => ReadAsync(SessionsSql, row => new SessionCount(row.GetString(0), row.GetInt32(1), row.GetInt32(2)), cancellation);

    public Task<List<RunningStatement>> RunningAsync(CancellationToken cancellation) => ReadAsync(RunningSql, row => new RunningStatement(
        row.GetInt32(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? 0 : row.GetDouble(3), row.IsDBNull(4) ? null : row.GetString(4), SqlText.Of(row.IsDBNull(5) ? "" : row.GetString(5))), cancellation);

    public Task<List<WaitingLock>> LocksAsync(CancellationToken cancellation) => ReadAsync(LocksSql, row => new WaitingLock(
        row.GetInt32(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.IsDBNull(3) ? 0 : row.GetDouble(3), SqlText.Of(row.GetString(4)), row.GetFieldValue<int[]>(5), row.IsDBNull(6) ? null : SqlText.Of(row.GetString(6))), cancellation);

    public async Task<ServerFacts> FactsAsync(CancellationToken cancellation) => (await ReadAsync(FactsSql, row => new ServerFacts(
        row.GetString(0), row.GetInt64(1), row.GetInt32(2), row.GetFieldValue<DateTimeOffset>(3), row.IsDBNull(4) ? null : row.GetDouble(4), row.GetInt64(5), row.GetInt64(6), row.IsDBNull(7) ? "" : row.GetString(7)), cancellation)).Single();

    /// <summary>What pg_stat_statements counted; null with the reason where it does not.</summary>
    public async Task<(List<SlowStatement>? Statements, string? Reason)> SlowAsync(CancellationToken cancellation)
    {
        try
        {
            return (await ReadAsync(SlowSql, row => new SlowStatement(SqlText.Of(row.GetString(0)), row.GetInt64(1), row.GetDouble(2), row.GetDouble(3), row.GetDouble(4), row.GetInt64(5)), cancellation), null);
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.ObjectNotInPrerequisiteState or PostgresErrorCodes.InsufficientPrivilege)
        {
            return (null, refused.MessageText);
        }
    }

    private static DateTimeOffset? Time(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);

    private async Task<List<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> of, CancellationToken cancellation)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        command.CommandTimeout = 5;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(of(reader));
        return rows;
    }
}
