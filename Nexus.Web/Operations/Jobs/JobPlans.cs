using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.Storage;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Jobs;

/// <summary>Reads and changes how jobs run. A change is in force at once on all nodes; runs under way keep what they began with.</summary>
internal sealed class JobPlans(Database database, IRecurringJobManager manager, PostgreSqlStorage storage, TimeProvider time)
{
    private const int LongestBoxMinutes = 24 * 60;

    public static async Task<JobPlan?> FindAsync(NexusDbContext db, string id, CancellationToken cancellation) =>
        Schedule.Find(id) is { } job ? JobPlan.Of(job, await db.JobSettings.AsNoTracking().FirstOrDefaultAsync(row => row.Job == id, cancellation)) : null;

    public static async Task<List<JobPlan>> ListAsync(NexusDbContext db, CancellationToken cancellation)
    {
        var rows = await db.JobSettings.AsNoTracking().ToDictionaryAsync(row => row.Job, cancellation);
        return [.. Schedule.All.Select(job => JobPlan.Of(job, rows.GetValueOrDefault(job.Id)))];
    }

    /// <summary>Brings Hangfire's entry to what the plan says.</summary>
    public static void Apply(IRecurringJobManager manager, JobPlan plan)
    {
        var id = plan.Job.Id;
        if (plan.Paused || plan.Job.Cron is null)
            manager.RemoveIfExists(id);
        else
            manager.AddOrUpdate<JobRunner>(id, runner => runner.RunAsync(id, null, CancellationToken.None), plan.Job.Cron, new RecurringJobOptions { TimeZone = TimeZoneInfo.Utc });
    }

    /// <summary>When the clock starts each job next.</summary>
    public Dictionary<string, DateTimeOffset?> NextRuns()
    {
        using var connection = storage.GetConnection();
        return connection.GetRecurringJobs().ToDictionary(job => job.Id, job => job.NextExecution is { } next ? new DateTimeOffset(next, TimeSpan.Zero) : (DateTimeOffset?)null);
    }

    /// <exception cref="FormatException">Says what cannot be used.</exception>
    public async Task ChangeAsync(string id, JobChange change, Actor actor, CancellationToken cancellation)
    {
        var job = Recurring(id);
        Check(change);
        await SaveAsync(job, actor, "job.changed", row => Set(row, change), cancellation);
    }

    /// <summary>Back to what the code says; a pause stays.</summary>
    public Task ResetAsync(string id, Actor actor, CancellationToken cancellation) =>
        SaveAsync(Recurring(id), actor, "job.reset", row => Set(row, Default(Recurring(id))), cancellation);

    public Task PauseAsync(string id, bool paused, Actor actor, CancellationToken cancellation) =>
        SaveAsync(Recurring(id), actor, paused ? "job.paused" : "job.resumed", row => row.Paused = paused, cancellation);

    private async Task SaveAsync(RecurringJob job, Actor actor, string action, Action<JobSettingsRow> change, CancellationToken cancellation)
    {
        await using var db = new NexusDbContext(NexusDbOptions.Of(database.SchedulerDataSource));
        var now = time.GetUtcNow();
        var row = await db.JobSettings.FirstOrDefaultAsync(known => known.Job == job.Id, cancellation);
        var before = JobPlan.Of(job, row);
        if (row is null)
            db.Add(row = Set(new JobSettingsRow { Job = job.Id, Cron = "", UpdatedAt = now, UpdatedBy = actor.Name }, Default(job)));
        change(row);
        (row.UpdatedAt, row.UpdatedBy) = (now, actor.Name);
        var after = JobPlan.Of(job, row);
        db.Record(actor, now, action, job.Id, new { before = Told(before), after = Told(after) });
        // Hangfire refuses what is no schedule; then nothing is saved.
        try
        {
            Apply(manager, after);
            if (!after.Paused && after.Job.Window is { } window && NextRuns().GetValueOrDefault(job.Id) is { } next && !window.Contains(next))
                throw new FormatException($"The next date of '{row.Cron}' is {next:yyyy-MM-dd HH:mm} UTC, outside the window: it would never run there.");
            await db.SaveChangesAsync(cancellation);
        }
        catch (Exception error)
        {
            Apply(manager, before);
            if (error is ArgumentException)
                throw NoSchedule(row.Cron);
            throw;
        }
    }

    private static void Check(JobChange change)
    {
        if (change.Cron.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length != 5)
            throw NoSchedule(change.Cron);
        if (change.TimeBoxMinutes is < 1 or > LongestBoxMinutes)
            throw new FormatException($"The time box is from 1 to {LongestBoxMinutes} minutes.");
        if (change.Retry.Attempts is < 0 or > 20 || change.Retry.After < TimeSpan.FromSeconds(1) || change.Retry.After > TimeSpan.FromDays(1))
            throw new FormatException("Retries: from 0 to 20, the first after one second to one day.");
        if (change.Window is { } window && window.Opens == window.Closes)
            throw new FormatException("The window closes when it opens. Leave both empty for any hour.");
    }

    private static FormatException NoSchedule(string cron) => new($"'{cron}' is no schedule: five fields are needed (minute, hour, day of the month, month, day of the week), such as '15 2 * * *'.");

    private static JobSettingsRow Set(JobSettingsRow row, JobChange change)
    {
        (row.Cron, row.WindowOpens, row.WindowCloses) = (change.Cron, change.Window?.Opens, change.Window?.Closes);
        (row.TimeBoxMinutes, row.RetryAttempts, row.RetryAfterSeconds) = (change.TimeBoxMinutes, change.Retry.Attempts, (int)change.Retry.After.TotalSeconds);
        return row;
    }

    private static JobChange Default(RecurringJob job) => new(job.Cron!, job.Window, (int)job.TimeBox.TotalMinutes, job.Retry);

    private static object Told(JobPlan plan) => new { plan.Job.Cron, window = plan.Job.Window?.ToString(), timeBoxMinutes = plan.Job.TimeBox.TotalMinutes, retries = plan.Job.Retry.Attempts, retryAfterSeconds = plan.Job.Retry.After.TotalSeconds, plan.Paused };

    private static RecurringJob Recurring(string id) => Schedule.Find(id) is { Cron: not null } job ? job : throw new FormatException($"'{id}' is not started by the clock.");
}
