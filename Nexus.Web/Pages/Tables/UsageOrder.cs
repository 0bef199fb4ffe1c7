using Nexus.Web.Pages.Shared;
using Nexus.Web.Usage.Reports;

namespace Nexus.Web.Pages.Tables;

/// <summary>The order of usage by a dimension, on its page and in its file.</summary>
internal static class UsageOrder
{
    private const string AllTokens = "input_tokens + output_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens + cache_read_tokens";

    /// <summary>The table where a measure puts it in order by itself.</summary>
    public static TableDefinition Table(UsageMeasure measure)
    {
        var natural = measure switch { UsageMeasure.Tokens => "tokens", UsageMeasure.Requests => "requests", _ => "cost" };
        return KnownTables.Usage with { Columns = [.. KnownTables.Usage.Columns.Select(column => column.Name == natural ? column with { Natural = true } : column)] };
    }

    /// <summary>What stands for all others is the last row, whatever its sums are.</summary>
    public static IReadOnlyList<UsageRow> Rows(IReadOnlyList<UsageRow> rows, string? sort, bool ascending) =>
        RowOrder.By(rows, sort, ascending, (row, column) => row.IsRest ? null : Figure(row, column));

    /// <summary>What the rows of the sums by value are ordered by; the time before is there as <c>earlier</c>.</summary>
    public static string Sql(UsageMeasure measure, string? sort, bool ascending, string value)
    {
        var figure = sort switch
        {
            "name" => $"lower({value})",
            "requests" or "errors" => sort,
            "tokens" => AllTokens,
            "input" => "input_tokens",
            "read" => "cache_read_tokens",
            "written" => "cache_creation_5m_tokens + cache_creation_1h_tokens",
            "output" => "output_tokens",
            "hit" => "cache_read_tokens::float8 / nullif(input_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens + cache_read_tokens, 0)",
            "cost" or "share" => "cost_micros",
            "change" => "CASE WHEN earlier.cost > 0 THEN cost_micros::float8 / earlier.cost END",
            _ => null,
        };
        var own = $"{measure switch { UsageMeasure.Tokens => AllTokens, UsageMeasure.Requests => "requests", _ => "cost_micros" }} DESC, requests DESC, {value}";
        return figure is null ? own : $"{figure} {(ascending ? "ASC" : "DESC")} NULLS LAST, {own}";
    }

    private static IComparable? Figure(UsageRow row, string column) => column switch
    {
        "name" => row.Name,
        "requests" => row.Sums.Requests,
        "errors" => row.Sums.Errors,
        "tokens" => row.Sums.AllTokens,
        "input" => row.Sums.Tokens.Input,
        "read" => row.Sums.Tokens.CacheRead,
        "written" => row.Sums.Tokens.CacheCreation5m + row.Sums.Tokens.CacheCreation1h,
        "output" => row.Sums.Tokens.Output,
        "hit" => row.Sums.CacheHitRate,
        "change" => row.Before.CostMicros > 0 ? (double)row.Sums.CostMicros / row.Before.CostMicros : null,
        _ => row.Sums.CostMicros,
    };
}
