using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Jobs;

/// <summary>The history of runs. Whoever writes to it holds the job's lock.</summary>
internal sealed class JobRuns(Database database, TimeProvider time)
{
    public const string Running = "running";
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";
    public const string TimedOut = "timed_out";
    public const string Stopped = "stopped";
    public const string Interrupted = "interrupted";

    /// <summary>Ways a run ends without having done its work, other than by somebody's word: a killed one is among them wherever failures are told or counted.</summary>
    public static readonly string[] Failures = [Failed, TimedOut, Interrupted];

    public const string FailuresSql = $"'{Failed}', '{TimedOut}', '{Interrupted}'";

    /// <summary>Older runs of a job are forgotten.</summary>
    private const int Kept = 1000;

    /// <summary>Begins a run. One that is still written down as running was killed: the lock says that none runs now.</summary>
    public async Task<Guid> BeginAsync(string job, bool byHand, CancellationToken cancellation)
    {
        await using var db = Open();
        await db.JobRuns.Where(run => run.Job == job && run.Outcome == Running)
            .ExecuteUpdateAsync(set => set.SetProperty(run => run.Outcome, Interrupted).SetProperty(run => run.Error, "The node was killed while it ran."), cancellation);
        var oldest = await db.JobRuns.Where(run => run.Job == job).OrderByDescending(run => run.StartedAt).Skip(Kept - 1).Select(run => (DateTimeOffset?)run.StartedAt).FirstOrDefaultAsync(cancellation);
        if (oldest is not null)
            await db.JobRuns.Where(run => run.Job == job && run.StartedAt <= oldest).ExecuteDeleteAsync(cancellation);
        var now = time.GetUtcNow();
        var row = new JobRunRow { Id = Guid.CreateVersion7(now), Job = job, Node = Environment.MachineName, ByHand = byHand, StartedAt = now, Outcome = Running };
        db.Add(row);
        await db.SaveChangesAsync(cancellation);
        return row.Id;
    }

    public async Task ReportAsync(Guid id, JobResult result, CancellationToken cancellation)
    {
        await using var db = Open();
        var json = JsonSerializer.Serialize(result.Details, JsonSerializerOptions.Web);
        await db.JobRuns.Where(run => run.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(run => run.Summary, result.Summary).SetProperty(run => run.Result, json).SetProperty(run => run.Progress, result.Progress), cancellation);
    }

    public async Task LogAsync(Guid id, string log, CancellationToken cancellation)
    {
        await using var db = Open();
        await db.JobRuns.Where(run => run.Id == id).ExecuteUpdateAsync(set => set.SetProperty(run => run.Log, log), cancellation);
    }

    /// <summary>The job as it is to run now.</summary>
    public async Task<JobPlan?> PlanAsync(string job, CancellationToken cancellation)
    {
        await using var db = Open();
        return await JobPlans.FindAsync(db, job, cancellation);
    }

    public async Task EndAsync(Guid id, string outcome, string? error, CancellationToken cancellation)
    {
        await using var db = Open();
        var now = time.GetUtcNow();
        await db.JobRuns.Where(run => run.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(run => run.Outcome, outcome).SetProperty(run => run.FinishedAt, now).SetProperty(run => run.Error, error), cancellation);
    }

    private NexusDbContext Open() => new(NexusDbOptions.Of(database.SchedulerDataSource));
}
