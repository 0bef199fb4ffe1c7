using Nexus.Web.Operations.Jobs;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Whether jobs run when they should, and end well.</summary>
internal sealed class JobsProbe(JobFigures figures, JobPlans plans, Database database, TimeProvider time) : IProbe
{
    /// <summary>Hangfire looks at its clock every fifteen seconds, and a busy worker takes a job up later.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(15);

    public string Name => "jobs";

    public string Title => "Jobs";

    public async Task<Finding> LookAsync(CancellationToken cancellation)
    {
        if (database.State.Condition != DatabaseCondition.Ready)
            return Finding.Warning("They wait for the database.", "See the check of the database.");
        var all = await figures.ReadAsync(cancellation);
        return Judge(all, plans.NextRuns(), time.GetUtcNow());
    }

    public static Finding Judge(IReadOnlyList<JobFigure> jobs, IReadOnlyDictionary<string, DateTimeOffset?> next, DateTimeOffset now)
    {
        if (next.Values.Min() is { } due && now - due > Late)
            return Finding.Failure($"{next.First(job => job.Value == due).Key} should have begun {Display.Milliseconds((now - due).TotalMilliseconds)} ago.", "Restart Nexus; if it stays so, look in the log for what Hangfire says.");
        var failed = jobs.Where(job => JobRuns.Failures.Contains(job.Outcome)).ToList();
        return failed.Count > 0
            ? Finding.Warning($"The last run of {string.Join(", ", failed.Select(job => $"{job.Job} {Display.Words(job.Outcome)}"))}.", "The page Jobs shows why, what it logged, and starts it anew.")
            : Finding.Ok(jobs.Count == 0 ? $"{next.Count} are scheduled; none has run yet." : $"{next.Count} are scheduled; {jobs.Count} have run, and each ended well the last time.");
    }
}
