using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Usage.Reports;

internal sealed record ToolShare(string Tool, long Calls);

/// <summary>Which tools were called how often, from their own rollup.</summary>
internal sealed class ToolShares(Database database)
{
    /// <summary>The busiest first; tools are not told by model or account.</summary>
    public async Task<IReadOnlyList<ToolShare>> ReadAsync(UsageQuestion question, int most, CancellationToken cancellation)
    {
        string[] known = ["domain", "key_id", "owner"];
        var filters = question.Filters.Where(filter => known.Contains(filter.Dimension.Column)).ToList();
        await using var command = database.DataSource.CreateCommand($"""
            SELECT tool, sum(calls)::bigint FROM usage_tools_15m WHERE bucket >= $1 AND bucket < $2{string.Concat(filters.Select((filter, i) => $" AND {filter.Dimension.Column} = ${3 + i}"))}
            GROUP BY tool ORDER BY 2 DESC, 1 LIMIT {most}
            """);
        foreach (var value in new object[] { question.From.ToUniversalTime(), question.To.ToUniversalTime() }.Concat(filters.Select(filter => (object)filter.Value)))
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var tools = new List<ToolShare>();
        while (await reader.ReadAsync(cancellation))
            tools.Add(new(reader.GetString(0), reader.GetInt64(1)));
        return tools;
    }
}
