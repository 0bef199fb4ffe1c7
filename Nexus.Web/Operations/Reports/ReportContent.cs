namespace Nexus.Web.Operations.Reports;

/// <summary>A report as it is stored; page, file and message are made of it.</summary>
public sealed record ReportContent(IReadOnlyList<ReportFigure> Figures, IReadOnlyList<ReportTable> Tables);

/// <param name="Unit"><c>count</c>, <c>tokens</c>, <c>money</c> (millionths of a US dollar), <c>ms</c>, <c>bytes</c>, <c>share</c> (0 to 1), <c>cores</c> or <c>days</c>.</param>
/// <param name="Growth">"good" or "bad" where more is one of them.</param>
/// <param name="Href">Where the data is on the dashboard.</param>
/// <param name="Estimated">The value now is partly an estimate; <paramref name="WasEstimated"/>: the one before.</param>
public sealed record ReportFigure(string Name, string Unit, double? Now, double? Before, string? Growth = null, string? Href = null, bool Estimated = false, bool WasEstimated = false);

/// <param name="First">What its rows are called.</param>
public sealed record ReportTable(string Title, string First, IReadOnlyList<ReportColumn> Columns, IReadOnlyList<ReportEntry> Rows, string? Href = null);

public sealed record ReportColumn(string Name, string Unit, string? Growth = null);

/// <param name="Cells">One per column.</param>
public sealed record ReportEntry(string Name, IReadOnlyList<ReportCell> Cells, string? Href = null);

/// <param name="Before">The same in the period before; null where it is not compared.</param>
/// <param name="Estimated">The value now is partly an estimate; <paramref name="WasEstimated"/>: the one before.</param>
public sealed record ReportCell(double? Now, double? Before = null, bool Estimated = false, bool WasEstimated = false);

/// <summary>A stretch of time that is over, and the one before it. Both are whole days of UTC.</summary>
internal readonly record struct ReportPeriod(DateTimeOffset From, DateTimeOffset To, DateTimeOffset BeforeFrom)
{
    /// <summary>The period before ends where this one begins.</summary>
    public (DateTimeOffset From, DateTimeOffset To) Before => (BeforeFrom, From);

    /// <summary>The query that shows it on pages with a time range.</summary>
    public string Query => FormattableString.Invariant($"range=custom&from={From.UtcDateTime:yyyy-MM-ddTHH:mm}&to={To.UtcDateTime:yyyy-MM-ddTHH:mm}");

    public static ReportPeriod LastDay(DateTimeOffset now) => Today(now) is var today ? new(today.AddDays(-1), today, today.AddDays(-2)) : default;

    /// <summary>From Monday to Sunday.</summary>
    public static ReportPeriod LastWeek(DateTimeOffset now)
    {
        var today = Today(now);
        var monday = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
        return new(monday.AddDays(-7), monday, monday.AddDays(-14));
    }

    public static ReportPeriod LastMonth(DateTimeOffset now)
    {
        var first = Today(now).AddDays(1 - now.UtcDateTime.Day);
        return new(first.AddMonths(-1), first, first.AddMonths(-2));
    }

    private static DateTimeOffset Today(DateTimeOffset now) => new(now.UtcDateTime.Date, TimeSpan.Zero);
}
