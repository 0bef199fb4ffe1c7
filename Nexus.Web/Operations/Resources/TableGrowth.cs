using System.Text.Json;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Resources;

/// <summary>How fast the database and each table grow, from the hourly samples.</summary>
internal sealed class TableGrowth(Database database, TimeProvider time)
{
    private static readonly TimeSpan Looked = TimeSpan.FromDays(14);

    /// <returns>Bytes a day; empty until a day of samples is there.</returns>
    public async Task<(Trend? Database, IReadOnlyDictionary<string, double> Tables)> ReadAsync(CancellationToken cancellation)
    {
        // Four readings a day say as much as all.
        const string Sql = "SELECT at, bytes, tables FROM database_samples WHERE span_minutes = 60 AND at >= $1 AND tables IS NOT NULL AND (extract(hour FROM at AT TIME ZONE 'UTC')::integer % 6 = 0 OR at >= $2) ORDER BY at";
        var now = time.GetUtcNow();
        var whole = new List<(DateTimeOffset, double)>();
        var tables = new Dictionary<string, List<(DateTimeOffset, double)>>();
        await using var command = database.DataSource.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = now - Looked });
        command.Parameters.Add(new() { Value = now.AddHours(-30) });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var at = reader.GetFieldValue<DateTimeOffset>(0);
            whole.Add((at, reader.GetInt64(1)));
            foreach (var (table, bytes) in JsonSerializer.Deserialize<Dictionary<string, long>>(reader.GetString(2)) ?? [])
                (tables.TryGetValue(table, out var readings) ? readings : tables[table] = []).Add((at, bytes));
        }

        return (Trend.Of(whole), tables.Select(table => (table.Key, Trend: Trend.Of(table.Value))).Where(table => table.Trend is not null).ToDictionary(table => table.Key, table => table.Trend!.PerDay));
    }
}
