using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Pages.Shared.Jobs;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Jobs;

/// <summary>What the pages Jobs and Job show, and how their form is read.</summary>
internal sealed class JobPages(NexusDbContext db, JobPlans plans)
{
    /// <summary>Runs that a trend is drawn of, and that a page of them lists.</summary>
    public const int Trend = 20;

    /// <param name="only">Ids; null: all.</param>
    public async Task<List<JobLine>> ListAsync(IReadOnlyCollection<string>? only, CancellationToken cancellation)
    {
        var next = plans.NextRuns();
        var lines = new List<JobLine>();
        foreach (var plan in (await JobPlans.ListAsync(db, cancellation)).Where(plan => only is null || only.Contains(plan.Job.Id)))
        {
            var id = plan.Job.Id;
            var runs = await db.JobRuns.AsNoTracking().Where(run => run.Job == id).OrderByDescending(run => run.StartedAt).Take(Trend)
                .Select(run => new JobRunLine(run.Id, run.StartedAt, run.FinishedAt, run.Node, run.ByHand, run.Outcome, run.Summary, run.Error, run.Progress, null)).ToListAsync(cancellation);
            var durations = runs.Where(run => run.Outcome == JobRuns.Succeeded).Select(run => run.Milliseconds).Reverse().ToList();
            lines.Add(Line(plan, runs.FirstOrDefault(), next.GetValueOrDefault(id), durations));
        }

        return lines;
    }

    public async Task<JobLine?> FindAsync(string id, CancellationToken cancellation) => (await ListAsync([id], cancellation)).FirstOrDefault();

    /// <param name="before">The last run of the page before; null for the newest, as is one that is not there any more.</param>
    public async Task<List<JobRunLine>> RunsAsync(string id, Guid? before, CancellationToken cancellation)
    {
        var runs = db.JobRuns.AsNoTracking().Where(run => run.Job == id);
        if (before is { } last && await runs.Where(run => run.Id == last).Select(run => (DateTimeOffset?)run.StartedAt).FirstOrDefaultAsync(cancellation) is { } at)
        {
            runs = runs.Where(run => run.StartedAt < at || (run.StartedAt == at && run.Id.CompareTo(last) < 0));
        }

        return await runs.OrderByDescending(run => run.StartedAt).ThenByDescending(run => run.Id).Take(Trend)
            .Select(run => new JobRunLine(run.Id, run.StartedAt, run.FinishedAt, run.Node, run.ByHand, run.Outcome, run.Summary, run.Error, run.Progress, run.Log)).ToListAsync(cancellation);
    }

    public static JobFields Read(IFormCollection form) => new(form["cron"].ToString().Trim(), form["opens"].ToString(), form["closes"].ToString(), form["minutes"].ToString().Trim(), form["attempts"].ToString().Trim(), form["seconds"].ToString().Trim());

    /// <exception cref="FormatException">Says which field cannot be read.</exception>
    public static JobChange ToChange(JobFields fields)
    {
        if (fields.Opens.Length == 0 != (fields.Closes.Length == 0))
            throw new FormatException("A window has both ends, or none.");
        var window = fields.Opens.Length == 0 ? null : new MaintenanceWindow(Time(fields.Opens), Time(fields.Closes));
        return new(fields.Cron, window, Number("The time box", fields.Minutes), new(Number("The number of retries", fields.Attempts), TimeSpan.FromSeconds(Number("The wait before the first retry", fields.Seconds))));
    }

    private static JobLine Line(JobPlan plan, JobRunLine? last, DateTimeOffset? next, IReadOnlyList<double?> durations)
    {
        var job = plan.Job;
        string Clock(TimeOnly? time) => time?.ToString("HH:mm", CultureInfo.InvariantCulture) ?? "";
        string Whole(double number) => number.ToString("0", CultureInfo.InvariantCulture);
        return new(job.Id, job.Purpose, job.Cron, job.Window is { } window ? $"from {Clock(window.Opens)} to {Clock(window.Closes)} UTC" : null, job.TimeBox,
            job.Retry.Attempts == 0 ? "no retries" : $"{job.Retry.Attempts} {(job.Retry.Attempts == 1 ? "retry" : "retries")}, the first after {Display.Milliseconds(job.Retry.After.TotalMilliseconds)}",
            plan.Paused, plan.ChangedBy, plan.ChangedAt, last, plan.Paused ? null : next, durations,
            new(job.Cron ?? "", Clock(job.Window?.Opens), Clock(job.Window?.Closes), Whole(job.TimeBox.TotalMinutes), Whole(job.Retry.Attempts), Whole(job.Retry.After.TotalSeconds)));
    }

    private static TimeOnly Time(string text) => TimeOnly.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : throw new FormatException($"'{text}' is no time of day, such as 02:00.");

    private static int Number(string what, string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"{what} is a whole number, not '{text}'.");
}
