using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>How a job's runs ended, on whatever node.</summary>
/// <param name="Outcome">Of the last run that is over.</param>
/// <param name="Seconds">What that took; null when its node was killed.</param>
/// <param name="Failures">Runs of the last 24 hours that failed, ran out of time or were killed with their node.</param>
internal sealed record JobFigure(string Job, string Outcome, double? Seconds, DateTimeOffset? LastSuccess, int Failures);

/// <summary>Reads how jobs went, and remembers it for metrics.</summary>
internal sealed class JobFigures(Database database)
{
    private const string Sql = $"""
        SELECT last.job, last.outcome, EXTRACT(EPOCH FROM last.finished_at - last.started_at)::float8,
               (SELECT max(finished_at) FROM job_runs good WHERE good.job = last.job AND good.outcome = '{JobRuns.Succeeded}'),
               (SELECT count(*)::int FROM job_runs bad WHERE bad.job = last.job AND bad.outcome IN ({JobRuns.FailuresSql}) AND bad.started_at > now() - interval '1 day')
        FROM (SELECT DISTINCT ON (job) job, outcome, started_at, finished_at FROM job_runs WHERE outcome <> '{JobRuns.Running}' ORDER BY job, started_at DESC) last
        """;

    /// <summary>As they were last read.</summary>
    public IReadOnlyList<JobFigure> Last { get; private set; } = [];

    public async Task<IReadOnlyList<JobFigure>> ReadAsync(CancellationToken cancellation)
    {
        await using var command = database.SchedulerDataSource.CreateCommand(Sql);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var figures = new List<JobFigure>();
        while (await reader.ReadAsync(cancellation))
            if (Schedule.Find(reader.GetString(0)) is not null)
                figures.Add(new(reader.GetString(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetDouble(2), reader.IsDBNull(3) ? null : reader.GetFieldValue<DateTimeOffset>(3), reader.GetInt32(4)));
        Last = figures;
        return figures;
    }
}
