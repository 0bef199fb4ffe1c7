using Nexus.Web.Pages.Shared.Prices;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Pages.Prices;

/// <summary>Models that no rule names, from the rollups.</summary>
internal sealed class UnpricedModels(Database database, TimeProvider time)
{
    private const int Most = 20;

    /// <summary>Those with requests since a time, the most used first.</summary>
    public async Task<IReadOnlyList<UnpricedModel>> ReadAsync(DateTimeOffset from, CancellationToken cancellation)
    {
        await using var command = database.DataSource.CreateCommand($"""
            SELECT model, sum(unpriced_requests)::bigint, sum(estimated_cost_micros)::bigint FROM ({UsageTables.Between(from, DateTimeOffset.MaxValue, time.GetUtcNow())}) AS usage
            WHERE unpriced_requests > 0 GROUP BY model ORDER BY 2 DESC, 1 LIMIT {Most}
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var models = new List<UnpricedModel>();
        while (await reader.ReadAsync(cancellation))
            models.Add(new(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2)));
        return models;
    }
}
