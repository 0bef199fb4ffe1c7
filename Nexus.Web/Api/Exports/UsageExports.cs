using Nexus.Web.Pages;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Reports;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Api.Exports;

/// <summary>Usage as files, every value of the dimension by name. Costs and savings are millionths of a US dollar.</summary>
internal static class UsageExports
{
    /// <summary>One row per interval of the chart and value; intervals without usage are left out.</summary>
    public static Export Series(ExportQuestion question)
    {
        var starts = question.Range.Intervals().Select(start => start.ToUniversalTime()).ToArray();
        return Export.Of("usage-by-" + question.By.Name, $"""
            SELECT ($1::timestamptz[])[greatest(width_bucket(bucket, $1), 1)] AS interval_start, {question.By.Column}, {UsageSums.SumList}
            FROM ({Rows(question, RollupTier.Of(starts.Skip(1)))}) AS usage WHERE true{Where(question, 2)} GROUP BY 1, 2 ORDER BY 1, 2
            """, [new() { Value = starts, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz }, .. Values(question)]);
    }

    /// <summary>In the order of the page's table.</summary>
    public static Export Totals(ExportQuestion question)
    {
        var measure = UsageFilter.MeasureOf(question.Query);
        var order = TableState.Read(UsageOrder.Table(measure), question.Query);
        var value = question.By.Column;
        var before = question.Range.Before();
        var earlier = order.Sort != "change" ? "" : $"""

            LEFT JOIN (SELECT {value} AS value, sum(cost_micros) AS cost FROM ({UsageTables.Between(before.From, before.To, question.Now)}) AS usage WHERE true{Where(question, 1)} GROUP BY 1) AS earlier ON earlier.value = {value}
            """;
        return Export.Of("usage-totals-by-" + question.By.Name, $"""
            SELECT {value}, {string.Join(", ", UsageSums.Columns)} FROM (SELECT {value}, {UsageSums.SumList} FROM ({Rows(question, RollupTier.Day)}) AS usage WHERE true{Where(question, 1)} GROUP BY 1) AS totals{earlier}
            ORDER BY {UsageOrder.Sql(measure, order.Sort, order.Ascending, value)}
            """, [.. Values(question)]);
    }

    public static Export Tools(ExportQuestion question) => Export.Of("tools", ToolShares.Sql(question.Filters), [Export.Time(question.Range.From), Export.Time(question.Range.To), .. Values(question)]);

    private static string Rows(ExportQuestion question, RollupTier widest) => UsageTables.Between(question.Range.From, question.Range.To, question.Now, widest);

    private static string Where(ExportQuestion question, int first) => string.Concat(question.Filters.Select((filter, i) => $" AND {filter.Dimension.Column} = ${first + i}"));

    private static IEnumerable<NpgsqlParameter> Values(ExportQuestion question) => question.Filters.Select(filter => new NpgsqlParameter { Value = filter.Value });
}
