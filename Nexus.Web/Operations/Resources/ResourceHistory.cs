using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Resources;

/// <summary>A node over one step of time: means, and the largest of what may peak.</summary>
internal sealed record NodePoint(DateTimeOffset At, double Cpu, double CpuMost, double? GroupCpu, double CpuLimit, double? Throttled, long Memory, long MemoryMost, long? GroupMemory, long MemoryLimit, long Heap, double Allocated, double GcPause, int Threads, int Sockets, int OpenFiles, long DiskFree, long Disk);

internal sealed record DatabasePoint(DateTimeOffset At, long Bytes, int Connections, int Active, int MaxConnections);

/// <summary>Figures of a week of one node, and of the database.</summary>
internal sealed record WeekOfNode(double Cpu, double CpuMost, long Memory, long MemoryMost, long Heap, double GcPause, int Sockets, int Threads, long DiskUsed, long DatabaseBytes, int Connections);

/// <summary>Reads samples for charts: of minutes while they are kept, of hours before, in steps so that a chart has at most some 300 points.</summary>
internal sealed class ResourceHistory(Database database)
{
    private static readonly TimeSpan[] Steps =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(6), TimeSpan.FromDays(1), TimeSpan.FromDays(7),
    ];

    private const int MostPoints = 300;

    private const string NodeSql = """
        SELECT date_bin($1, at, $4), avg(cpu), max(cpu_most), avg(group_cpu), avg(cpu_limit), avg(throttled), avg(memory_bytes)::bigint, max(memory_most), avg(group_memory_bytes)::bigint, max(memory_limit_bytes), avg(heap_bytes)::bigint,
            avg(allocated_per_second), avg(gc_pause), avg(threads)::integer, avg(sockets)::integer, avg(open_files)::integer, min(disk_free_bytes), max(disk_bytes)
        FROM resource_samples WHERE span_minutes = $2 AND node = $3 AND at >= $4 AND at < $5 GROUP BY 1 ORDER BY 1
        """;

    private const string DatabaseSql = """
        SELECT date_bin($1, at, $3), max(bytes), max(connections), max(active), max(max_connections)
        FROM database_samples WHERE span_minutes = $2 AND at >= $3 AND at < $4 GROUP BY 1 ORDER BY 1
        """;

    private const string WeekSql = """
        SELECT avg(cpu), max(cpu_most), avg(memory_bytes)::bigint, max(memory_most), avg(heap_bytes)::bigint, avg(gc_pause), avg(sockets)::integer, avg(threads)::integer, avg(disk_bytes - disk_free_bytes)::bigint,
            (SELECT avg(bytes)::bigint FROM database_samples WHERE span_minutes = 60 AND at >= $2 AND at < $3), (SELECT max(connections) FROM database_samples WHERE span_minutes = 60 AND at >= $2 AND at < $3)
        FROM resource_samples WHERE span_minutes = 60 AND node = $1 AND at >= $2 AND at < $3 HAVING count(*) > 0
        """;

    public static TimeSpan Step(TimeSpan length) => Steps.FirstOrDefault(step => length / step <= MostPoints, Steps[^1]);

    /// <summary>Nodes with samples in the last month, the newest first.</summary>
    public Task<List<string>> NodesAsync(DateTimeOffset now, CancellationToken cancellation) => ReadAsync("""
        SELECT node FROM (SELECT node, max(at) AS last FROM resource_samples WHERE at >= $1 AND span_minutes = 60 GROUP BY node UNION ALL SELECT node, max(at) FROM resource_samples WHERE at >= $2 AND span_minutes = 1 GROUP BY node) AS nodes
        GROUP BY node ORDER BY max(last) DESC, node
        """, reader => reader.GetString(0), cancellation, now.AddDays(-31), now.AddHours(-2));

    public Task<List<NodePoint>> NodeAsync(string node, DateTimeOffset from, DateTimeOffset to, DateTimeOffset now, CancellationToken cancellation) => ReadAsync(NodeSql, reader => new NodePoint(
        reader.GetFieldValue<DateTimeOffset>(0), reader.GetDouble(1), reader.GetDouble(2), Double(reader, 3), reader.GetDouble(4), Double(reader, 5), reader.GetInt64(6), reader.GetInt64(7), reader.IsDBNull(8) ? null : reader.GetInt64(8), reader.GetInt64(9),
        reader.GetInt64(10), reader.GetDouble(11), reader.GetDouble(12), reader.GetInt32(13), reader.GetInt32(14), reader.GetInt32(15), reader.GetInt64(16), reader.GetInt64(17)), cancellation, Step(to - from), Span(from, to, now), node, from, to);

    public Task<List<DatabasePoint>> DatabaseAsync(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now, CancellationToken cancellation) => ReadAsync(DatabaseSql, reader => new DatabasePoint(
        reader.GetFieldValue<DateTimeOffset>(0), reader.GetInt64(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetInt32(4)), cancellation, Step(to - from), Span(from, to, now), from, to);

    /// <summary>When the node's process started, newest first, of those seen in a stretch.</summary>
    public Task<List<DateTimeOffset>> StartsAsync(string node, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) => ReadAsync(
        "SELECT DISTINCT started_at FROM resource_samples WHERE node = $1 AND at >= $2 AND at < $3 ORDER BY 1 DESC LIMIT 50", reader => reader.GetFieldValue<DateTimeOffset>(0), cancellation, node, from, to);

    public async Task<WeekOfNode?> WeekAsync(string node, DateTimeOffset from, CancellationToken cancellation) => (await ReadAsync(WeekSql, reader => new WeekOfNode(
        reader.GetDouble(0), reader.GetDouble(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetDouble(5), reader.GetInt32(6), reader.GetInt32(7), reader.GetInt64(8), reader.IsDBNull(9) ? 0 : reader.GetInt64(9), reader.IsDBNull(10) ? 0 : reader.GetInt32(10)),
        cancellation, node, from, from.AddDays(7))).FirstOrDefault();

    /// <summary>Hours for what is older than minutes are, or longer than a few days.</summary>
    private static short Span(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now) => (short)(Step(to - from) < TimeSpan.FromHours(1) && now - from < ResourceSampleJob.MinutesKept ? 1 : 60);

    private static double? Double(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetDouble(column);

    private async Task<List<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> row, CancellationToken cancellation, params object[] parameters)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(row(reader));
        return rows;
    }
}
