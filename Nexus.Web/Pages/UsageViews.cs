using System.Globalization;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Pages.Shared.Tables;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Usage.Reports;

namespace Nexus.Web.Pages;

/// <summary>Turns a usage report into what the page shows.</summary>
internal static class UsageViews
{
    private const string Others = "all others";

    /// <param name="table">How the sums by value are arranged; links to this page keep it.</param>
    public static UsageView Of(UsageFilter filter, UsageReport report, IReadOnlyList<ToolShare> tools, SubagentView subagents, Func<UsageDimension, string, string> nameOf, TableView table)
    {
        string Name(string? value) => value is null ? Others : nameOf(filter.By, value);
        var colors = SeriesColors.For(report.Series.Where(series => series.Value is not null).Select(series => Name(series.Value)));
        int Color(string? value) => value is null ? SeriesColors.Rest : colors.GetValueOrDefault(Name(value), SeriesColors.Rest);
        var cells = Enumerable.Range(0, filter.Question.Starts.Count).Select(i => report.Series.Aggregate(default(UsageSums), (sum, series) => sum + series.Cells[i])).ToList();
        var lanes = filter.By.Name == "lane" ? report.Lines.Select(line => (line.Value, line.Sums)) : report.Also.Select(line => (Value: (string?)line.Value, line.Sums));
        return new(
            $"{Measure(filter.Measure)} by {filter.By.Title.ToLowerInvariant()}",
            filter.Range.Name switch { "today" => "the same hours yesterday", "month" => "the same days of last month", _ => "the time before" },
            filter.Query(),
            filter.Range.Problem,
            report.Total,
            report.Before,
            Chart(filter, table, $"{Measure(filter.Measure)} by {filter.By.Title.ToLowerInvariant()}", Unit(filter.Measure), [.. report.Series.Select(series => new ChartSeries(Name(series.Value), Color(series.Value), [.. series.Cells.Select(cell => (double?)Amount(filter.Measure, cell))]))]) with { Estimated = filter.Measure == UsageMeasure.Cost && report.Total.EstimatedCostMicros > 0 },
            Chart(filter, table, "Tokens by class", ChartUnit.Tokens, Classes(cells)),
            Chart(filter, table, "Cache hit rate", ChartUnit.Percent, [new("cache hit rate", 6, [.. cells.Select(cell => cell.CacheHitRate)])]) with { Kind = ChartKind.Lines },
            UsageOrder.Rows([.. report.Lines.Select(line => Row(filter, line, Name(line.Value), Color(line.Value), table))], table.Sort, table.Ascending),
            Shares(lanes.OrderByDescending(line => line.Sums.CostMicros).Select(line => (Display.Words(line.Value is { Length: > 0 } lane ? lane : "other"), line.Sums.CostMicros, line.Sums.EstimatedCostMicros > 0))),
            Shares(tools.Select(tool => (tool.Tool, tool.Calls, false))))
        {
            ToolsUntold = Words(ToolShares.Untold(filter.Values)),
            Subagents = subagents,
        };
    }

    /// <param name="linked">Whoever looks may read conversations.</param>
    public static SubagentView Subagents(UsageFilter filter, SubagentReport report, bool linked) => new(
        [.. report.Subagents.Select(one => new SubagentLine(
            one.Branch.Replace("subtask_", "subagent ", StringComparison.Ordinal), linked ? $"/dashboard/conversation/{one.Conversation}?branch={Uri.EscapeDataString(one.Branch)}" : null,
            one.StartedAt, one.Domain, one.Owners, one.Requests, one.CostMicros, one.Estimated))],
        report.Whole, Words(SubagentShares.Untold(filter.Values)));

    private static string? Words(IReadOnlyList<UsageDimension> untold) => untold.Count > 0 ? string.Join(" or ", untold.Select(dimension => dimension.Title.ToLowerInvariant())) : null;

    private static UsageRow Row(UsageFilter filter, UsageLine line, string name, int color, TableView table)
    {
        if (line.Value is not { Length: > 0 } value)
            return new(name, null, null, color, line.Sums, line.Before) { IsRest = line.Value is null };
        var narrowed = filter.With(filter.By, value);
        return new(name, "/dashboard/usage" + narrowed.Query(table.Arrangement), Ledger(narrowed), color, line.Sums, line.Before);
    }

    /// <summary>The requests behind a line: the same time, to the minute on the viewer's clock, and the same filter; null where the ledger's page has no such filter.</summary>
    private static string? Ledger(UsageFilter filter)
    {
        if (filter.Values.Any(pair => pair.Dimension.Name is not ("model" or "domain")))
            return null;
        string Clock(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, filter.Range.Zone).ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture);
        // A preset ends now, and goes on.
        var to = filter.Range is { Name: "custom", ToText: not null } ? Clock(filter.Range.To) : null;
        return "/dashboard/requests" + new RequestFilter { Domain = filter.Value("domain"), Model = filter.Value("model"), Range = "custom", From = Clock(filter.Range.From), To = to }.Query();
    }

    private static ChartModel Chart(UsageFilter filter, TableView table, string title, ChartUnit unit, IReadOnlyList<ChartSeries> series) =>
        new(title, unit, ChartKind.Bars, filter.Question.Starts, filter.Range.To, filter.Range.Zone.Id, series) { RangeHref = "/dashboard/usage" + filter.Query(table.Arrangement) };

    // None of the colours that Claude's families have.
    private static List<ChartSeries> Classes(List<UsageSums> cells) => cells.TrueForAll(cell => cell.AllTokens == 0) ? [] :
    [
        new("input", 3, [.. cells.Select(cell => (double?)cell.Tokens.Input)]),
        new("cache read", 6, [.. cells.Select(cell => (double?)cell.Tokens.CacheRead)]),
        new("cache write 5 min", 4, [.. cells.Select(cell => (double?)cell.Tokens.CacheCreation5m)]),
        new("cache write 1 h", 9, [.. cells.Select(cell => (double?)cell.Tokens.CacheCreation1h)]),
        new("output", 8, [.. cells.Select(cell => (double?)cell.Tokens.Output)]),
    ];

    private static List<UsageShare> Shares(IEnumerable<(string Name, long Amount, bool Estimated)> amounts)
    {
        var all = amounts.Where(amount => amount.Amount > 0).ToList();
        var whole = all.Sum(amount => amount.Amount);
        return [.. all.Select(amount => new UsageShare(amount.Name, amount.Amount, (double)amount.Amount / whole, amount.Estimated))];
    }

    private static long Amount(UsageMeasure measure, UsageSums sums) => measure switch
    {
        UsageMeasure.Cost => sums.CostMicros,
        UsageMeasure.Tokens => sums.AllTokens,
        _ => sums.Requests,
    };

    private static ChartUnit Unit(UsageMeasure measure) => measure switch
    {
        UsageMeasure.Cost => ChartUnit.Money,
        UsageMeasure.Tokens => ChartUnit.Tokens,
        _ => ChartUnit.Count,
    };

    private static string Measure(UsageMeasure measure) => measure == UsageMeasure.Cost ? "Spend" : measure.ToString();
}
