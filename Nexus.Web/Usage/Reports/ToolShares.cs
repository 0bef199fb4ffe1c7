using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Usage.Reports;

internal sealed record ToolShare(string Tool, long Calls);

/// <summary>Which tools were called how often, from their own rollup.</summary>
internal sealed class ToolShares(Database database)
{
    /// <summary>Dimensions that tools are told by, by their columns; a call is not told by model, account, type or lane.</summary>
    private static readonly string[] Told = ["domain", "key_id", "owner"];

    /// <summary>Those of the filters that calls of tools cannot be told by: under them there is no answer.</summary>
    public static IReadOnlyList<UsageDimension> Untold(IEnumerable<(UsageDimension Dimension, string Value)> filters) =>
        [.. filters.Select(filter => filter.Dimension).Where(dimension => !Told.Contains(dimension.Column))];

    /// <summary>Rows of tool and calls, the busiest first. Its parameters are the stretch's start, its end, then the filters' values.</summary>
    public static string Sql(IEnumerable<(UsageDimension Dimension, string Value)> filters) => $"""
        SELECT tool, sum(calls)::bigint AS calls FROM usage_tools_15m WHERE bucket >= $1 AND bucket < $2{string.Concat(filters.Select((filter, i) => $" AND {filter.Dimension.Column} = ${3 + i}"))}
        GROUP BY tool ORDER BY 2 DESC, 1
        """;

    /// <summary>The busiest first; none under filters that tools are not told by.</summary>
    public async Task<IReadOnlyList<ToolShare>> ReadAsync(UsageQuestion question, int most, CancellationToken cancellation)
    {
        if (Untold(question.Filters).Count > 0)
            return [];
        await using var command = database.DataSource.CreateCommand($"{Sql(question.Filters)} LIMIT {most}");
        foreach (var value in new object[] { question.From.ToUniversalTime(), question.To.ToUniversalTime() }.Concat(question.Filters.Select(filter => (object)filter.Value)))
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var tools = new List<ToolShare>();
        while (await reader.ReadAsync(cancellation))
            tools.Add(new(reader.GetString(0), reader.GetInt64(1)));
        return tools;
    }
}
