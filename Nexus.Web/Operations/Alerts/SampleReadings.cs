using Nexus.Web.Storage;
using NpgsqlTypes;

namespace Nexus.Web.Operations.Alerts;

/// <summary>What the samples of the nodes say (table <c>resource_samples</c>).</summary>
internal sealed class SampleReadings(Database database, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(4);

    /// <summary>Memory, CPU and disk of each node's last minute.</summary>
    public async Task<IReadOnlyList<Reading>> NowAsync(CancellationToken cancellation)
    {
        await using var command = database.JobsDataSource.CreateCommand("""
            SELECT DISTINCT ON (node) node, coalesce(group_memory_bytes, memory_bytes) * 100.0::float8 / nullif(memory_limit_bytes, 0), coalesce(group_cpu, cpu) * 100.0::float8 / nullif(cpu_limit, 0),
                (disk_bytes - disk_free_bytes) * 100.0::float8 / nullif(disk_bytes, 0)
            FROM resource_samples WHERE span_minutes = 1 AND at >= $1 ORDER BY node, at DESC
            """);
        command.Parameters.Add(new() { Value = (time.GetUtcNow() - Fresh).ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var readings = new List<Reading>();
        while (await reader.ReadAsync(cancellation))
        {
            var node = reader.GetString(0);
            foreach (var (column, rule, what) in new[] { (1, "memory", "memory that it may use"), (2, "cpu", "CPU time that it may use"), (3, "disk", "disk that DATA_DIR lies on") })
                if (!reader.IsDBNull(column))
                    readings.Add(new(rule, node, reader.GetDouble(column), FormattableString.Invariant($"{node} uses {reader.GetDouble(column):0} % of the {what}."), "/dashboard/resources"));
        }

        return readings;
    }
}
