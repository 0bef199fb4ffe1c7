using System.Globalization;

namespace Nexus.Web.Operations.Reports;

/// <param name="Id">As stored.</param>
/// <param name="Last">The last period that is over.</param>
internal sealed record ReportKind(string Id, string Title, Func<DateTimeOffset, ReportPeriod> Last, Func<ReportPeriod, CancellationToken, Task<(string Summary, ReportContent Content)>> MakeAsync)
{
    public string TitleOf(ReportPeriod period) => $"{Title}, " + period.From.UtcDateTime.ToString(Id switch { "monthly-cost" => "MMMM yyyy", _ => "yyyy-MM-dd" }, CultureInfo.InvariantCulture) + (Id == "weekly-trends" ? " to " + period.To.AddDays(-1).UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "");
}

/// <summary>Every report, on one page.</summary>
internal sealed class ReportKinds(DailyErrors errors, WeeklyTrends trends, MonthlyCost cost)
{
    public IReadOnlyList<ReportKind> All { get; } =
    [
        new("daily-errors", "Errors of the day", ReportPeriod.LastDay, errors.MakeAsync),
        new("weekly-trends", "Resources and latency of the week", ReportPeriod.LastWeek, trends.MakeAsync),
        new("monthly-cost", "Tokens and cost of the month", ReportPeriod.LastMonth, cost.MakeAsync),
    ];
}
