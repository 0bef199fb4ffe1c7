using Nexus.Web.Usage.Reports;

namespace Nexus.Web.Operations.Reports;

/// <summary>Tokens and cost of a month, by everything that usage is split by.</summary>
internal sealed class MonthlyCost(UsageReports usage, UsageNames names)
{
    private const int MostRows = 30;

    public async Task<(string Summary, ReportContent Content)> MakeAsync(ReportPeriod period, CancellationToken cancellation)
    {
        var nameOf = await names.NamesAsync(cancellation);
        var tables = new List<ReportTable>();
        (UsageSums Total, UsageSums Before) sums = default;
        string? dearest = null;
        foreach (var by in new[] { "domain", "model", "owner", "key", "account" }.Select(name => UsageDimension.Find(name)!))
        {
            var report = await usage.ReadAsync(new(period.From, period.To, [period.From], by, []), period.Before, cancellation);
            sums = (report.Total, report.Before);
            var rows = report.Lines.Where(line => line.Sums.Requests > 0 || line.Before.Requests > 0).Take(MostRows).Select(line => new ReportEntry(line.Value is { } value ? nameOf(by, value) : "all others",
                [new(line.Sums.Requests, line.Before.Requests), new(line.Sums.AllTokens, line.Before.AllTokens), new(line.Sums.Tokens.Output, line.Before.Tokens.Output), new(line.Sums.CostMicros, line.Before.CostMicros, line.Sums.EstimatedCostMicros > 0, line.Before.EstimatedCostMicros > 0)],
                line.Value is { Length: > 0 } filter ? $"/dashboard/usage?{by.Name}={Uri.EscapeDataString(filter)}&{period.Query}" : null)).ToList();
            dearest ??= rows.Count > 0 && report.Total.CostMicros > 0 ? $" Most of it at {rows[0].Name} ({ReportWords.Value("money", rows[0].Cells[3].Now, rows[0].Cells[3].Estimated)})." : null;
            tables.Add(new("By " + by.Title.ToLowerInvariant(), by.Title, [new("Requests", "count"), new("Tokens", "tokens"), new("Output", "tokens"), new("Cost", "money", "bad")], rows, $"/dashboard/usage?by={by.Name}&{period.Query}"));
        }

        var (now, was) = sums;
        ReportFigure Figure(string name, string unit, Func<UsageSums, double?> of, string? growth = null) => new(name, unit, of(now), of(was), growth, "/dashboard/usage?" + period.Query);
        ReportFigure[] figures =
        [
            Figure("Cost", "money", sum => sum.CostMicros, "bad") with { Estimated = now.EstimatedCostMicros > 0, WasEstimated = was.EstimatedCostMicros > 0 }, Figure("Of it estimated", "money", sum => sum.EstimatedCostMicros), Figure("Saved by caching", "money", sum => sum.CacheSavingsMicros, "good"), Figure("Requests", "count", sum => sum.Requests),
            Figure("Input", "tokens", sum => sum.Tokens.Input), Figure("Output", "tokens", sum => sum.Tokens.Output), Figure("Cache reads", "tokens", sum => sum.Tokens.CacheRead), Figure("Cache writes", "tokens", sum => sum.Tokens.CacheCreation5m + sum.Tokens.CacheCreation1h),
            Figure("Cache hit rate", "share", sum => sum.CacheHitRate, "good"),
        ];
        return (now.Requests == 0 ? "No request passed." : $"{ReportWords.Value("money", now.CostMicros, now.EstimatedCostMicros > 0)} for {ReportWords.Value("tokens", now.AllTokens)} tokens in {now.Requests} requests, {ReportWords.Against(now.CostMicros, was.CostMicros, "money", "the month before")}.{dearest}", new(figures, tables));
    }
}
