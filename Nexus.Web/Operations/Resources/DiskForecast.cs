using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Resources;

/// <param name="Name">Whose disk.</param>
/// <param name="PerDay">Bytes that are used more each day; null while too little is known.</param>
/// <param name="DaysLeft">Until it is full; null: not in sight, or not known.</param>
internal sealed record DiskOutlook(string Name, long Free, long Total, double? PerDay, double? DaysLeft)
{
    /// <summary>An operator should act within this many days.</summary>
    public const int Soon = 14;

    public bool IsSoon => DaysLeft < Soon;
}

/// <summary>When disks are full, from the samples of the last two weeks: DATA_DIR of each node, and the private PostgreSQL's.</summary>
internal sealed class DiskForecast(Database database, TimeProvider time)
{
    /// <summary>The name of the private PostgreSQL's disk.</summary>
    public const string PrivateServer = "the private PostgreSQL";

    private static readonly TimeSpan Looked = TimeSpan.FromDays(14);

    /// <summary>Every quarter of an hour says as much as every minute. A node that is gone is left out.</summary>
    private const string Sql = $"""
        SELECT name, at, free, total FROM (
            SELECT 'DATA_DIR of ' || node AS name, date_bin('15 minutes', at, '2000-01-01Z') AS at, avg(disk_free_bytes)::bigint AS free, max(disk_bytes) AS total
            FROM resource_samples WHERE span_minutes = 1 AND at >= $1 GROUP BY node, 2
            UNION ALL
            SELECT '{PrivateServer}', date_bin('15 minutes', at, '2000-01-01Z'), avg(disk_free_bytes)::bigint, max(disk_bytes)
            FROM database_samples WHERE span_minutes = 1 AND at >= $1 AND disk_free_bytes IS NOT NULL GROUP BY 2) AS readings
        ORDER BY name, at
        """;

    public async Task<IReadOnlyList<DiskOutlook>> ReadAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var readings = new List<(string Name, DateTimeOffset At, long Free, long Total)>();
        await using (var command = database.DataSource.CreateCommand(Sql))
        {
            command.Parameters.Add(new() { Value = now - Looked });
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                readings.Add((reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetInt64(2), reader.GetInt64(3)));
        }

        return [.. readings.GroupBy(reading => reading.Name).Where(disk => now - disk.Last().At < TimeSpan.FromHours(2)).Select(disk => Outlook(disk.Key, [.. disk.Select(reading => (reading.At, reading.Free, reading.Total))]))];
    }

    public static DiskOutlook Outlook(string name, IReadOnlyList<(DateTimeOffset At, long Free, long Total)> readings)
    {
        var trend = Trend.Of([.. readings.Select(reading => (reading.At, (double)reading.Free))]);
        return new(name, readings[^1].Free, readings[^1].Total, trend is null ? null : -trend.PerDay, trend?.DaysUntilNothing);
    }
}
