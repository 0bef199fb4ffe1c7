using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Reports;
using NpgsqlTypes;

namespace Nexus.Web.Operations.Reports;

/// <summary>What failed in a day: requests by their error and domain, jobs, and alerts.</summary>
internal sealed class DailyErrors(Database database, UsageReports usage)
{
    private const int MostErrors = 30;

    public async Task<(string Summary, ReportContent Content)> MakeAsync(ReportPeriod period, CancellationToken cancellation)
    {
        var domains = await usage.ReadAsync(new(period.From, period.To, [period.From], UsageDimension.Find("domain")!, []) { OrderedBy = UsageMeasure.Requests }, period.Before, cancellation);
        var errors = await ErrorsAsync(period, cancellation);
        var (total, before) = (domains.Total, domains.Before);
        var (jobs, jobsBefore) = await CountAsync("SELECT count(*) FROM job_runs WHERE started_at >= $1 AND started_at < $2 AND outcome IN ('failed', 'timed_out', 'interrupted')", period, cancellation);
        var (alerts, alertsBefore) = await CountAsync("SELECT count(*) FROM alerts WHERE fired_at >= $1 AND fired_at < $2", period, cancellation);
        var href = "/dashboard/requests?outcome=errors&" + period.Query;
        ReportFigure[] figures =
        [
            new("Requests", "count", total.Requests, before.Requests, null, "/dashboard/usage?" + period.Query),
            new("Failed", "count", total.Errors, before.Errors, "bad", href),
            new("Error rate", "share", Share(total.Errors, total.Requests), Share(before.Errors, before.Requests), "bad"),
            new("Failed jobs", "count", jobs, jobsBefore, "bad", "/dashboard/jobs"),
            new("Alerts", "count", alerts, alertsBefore, "bad", "/dashboard/alerts?view=history"),
        ];
        ReportTable[] tables =
        [
            new("By error", "Error", [new("Requests", "count", "bad")], errors, href),
            new("By domain", "Domain", [new("Requests", "count"), new("Failed", "count", "bad"), new("Error rate", "share", "bad")],
                [.. domains.Lines.Where(line => line.Sums.Errors > 0 || line.Before.Errors > 0).Select(line => new ReportEntry(line.Value ?? "all others",
                    [new(line.Sums.Requests, line.Before.Requests), new(line.Sums.Errors, line.Before.Errors), new(Share(line.Sums.Errors, line.Sums.Requests), Share(line.Before.Errors, line.Before.Requests))],
                    line.Value is { } domain ? $"{href}&domain={Uri.EscapeDataString(domain)}" : null))]),
        ];
        var summary = total.Requests == 0 ? "No request passed." : total.Errors == 0 ? $"None of {total.Requests} requests failed; {ReportWords.Against(0, before.Errors, "count", "the day before")}."
            : $"{total.Errors} of {total.Requests} requests failed ({ReportWords.Value("share", Share(total.Errors, total.Requests))}), {ReportWords.Against(total.Errors, before.Errors, "count", "the day before")}.{(errors.Count > 0 ? $" Most often: {errors[0].Name} ({errors[0].Cells[0].Now:0})." : "")}";
        if (jobs > 0)
            summary += $" {jobs} runs of jobs failed.";
        return (summary, new(figures, tables));
    }

    private async Task<List<ReportEntry>> ErrorsAsync(ReportPeriod period, CancellationToken cancellation)
    {
        await using var command = database.JobsDataSource.CreateCommand($"""
            SELECT coalesce(error_type, outcome) || CASE WHEN status IS NULL THEN '' ELSE ' (' || status || ')' END, count(*) FILTER (WHERE started_at >= $2), count(*) FILTER (WHERE started_at < $2)
            FROM requests WHERE started_at >= $1 AND started_at < $3 AND outcome IN ({Outcomes.FailedSql}) GROUP BY 1 ORDER BY 2 DESC, 3 DESC, 1 LIMIT {MostErrors}
            """);
        foreach (var at in new[] { period.BeforeFrom, period.From, period.To })
            command.Parameters.Add(new() { Value = at, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<ReportEntry>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(new(reader.GetString(0), [new(reader.GetInt64(1), reader.GetInt64(2))]));
        return rows;
    }

    private async Task<(long Now, long Before)> CountAsync(string sql, ReportPeriod period, CancellationToken cancellation)
    {
        async Task<long> InAsync(DateTimeOffset from, DateTimeOffset to)
        {
            await using var command = database.JobsDataSource.CreateCommand(sql);
            command.Parameters.Add(new() { Value = from, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            command.Parameters.Add(new() { Value = to, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            return (long)(await command.ExecuteScalarAsync(cancellation))!;
        }

        return (await InAsync(period.From, period.To), await InAsync(period.BeforeFrom, period.From));
    }

    private static double? Share(long part, long whole) => whole == 0 ? null : (double)part / whole;
}
