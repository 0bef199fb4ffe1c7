using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.Web.Operations.Health;
using Nexus.Web.Pages.Shared.Alerts;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Pages.Shared.Morning;

namespace Nexus.Web.Pages.Morning;

/// <summary>Makes one line of what checks, alerts and jobs say. Pure.</summary>
internal static class Verdicts
{
    private const int MostParts = 6;

    /// <param name="checks">As they stand on this node; empty in the first seconds.</param>
    /// <param name="firing">Alerts that fire and that nobody has acknowledged.</param>
    /// <param name="jobs">That failed lately.</param>
    /// <param name="limits">Those that somebody is near to.</param>
    public static Verdict Of(IReadOnlyList<CheckState> checks, IReadOnlyList<AlertLine> firing, IReadOnlyList<FailedJob> jobs, IReadOnlyList<NearLimit> limits, BackupGlance backups)
    {
        // The check of jobs names the one that failed last.
        var broken = checks.Any(check => check.Name == "jobs" && check.Status != HealthStatus.Healthy) ? [] : jobs.Where(job => !job.Recovered).ToList();
        var over = limits.Where(limit => limit.Share >= 1).ToList();
        List<VerdictPart> wrong =
        [
            .. checks.Where(check => check.Status != HealthStatus.Healthy).OrderBy(check => check.Status).Select(check =>
                new VerdictPart($"{check.Title}: {check.Summary}", check.Name is "backups" or "jobs" ? "/dashboard/" + check.Name : "/dashboard/health", check.Status == HealthStatus.Unhealthy ? "bad" : "warn")),
            .. firing.Count == 0 ? [] : new[] { new VerdictPart(Of(firing.Count, "alert fires", "alerts fire"), "/dashboard/alerts", firing.Any(alert => alert.Severity == "critical") ? "bad" : "warn") },
            .. broken.Select(job => new VerdictPart($"{job.Job} failed", "/dashboard/job/" + job.Job, "warn")),
            .. over.Select(limit => new VerdictPart($"{limit.Name} is at its limit", limit.Href, "warn")),
        ];
        if (wrong.Count > 0)
        {
            var tone = wrong.Any(part => part.Tone == "bad") ? "bad" : "warn";
            var shown = wrong.OrderByDescending(part => part.Tone == "bad").Take(MostParts).ToList();
            if (wrong.Count > MostParts)
                shown.Add(new($"and {wrong.Count - MostParts} more", "/dashboard/health"));
            return new(tone, tone == "bad" ? "Something is broken" : Of(wrong.Count, "thing needs a look", "things need a look"), shown);
        }

        return checks.Count == 0
            ? new("", "Just started", [new("the first checks run in a few seconds", "/dashboard/health")])
            : new("good", "All is well",
                [
                    new(Of(checks.Count, "check is fine", "checks are fine"), "/dashboard/health"),
                    new("no alert fires", "/dashboard/alerts"),
                    new(jobs.Count == 0 ? "no job failed" : "every job that failed has succeeded since", "/dashboard/jobs"),
                    new(backups.DrillAt is null ? "no backup is due yet" : "backups are verified", "/dashboard/backups"),
                ]);
    }

    private static string Of(int count, string one, string many) => $"{Display.Exact(count)} {(count == 1 ? one : many)}";
}
