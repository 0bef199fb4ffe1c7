using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Jobs;

/// <summary>Starts a job of the schedule because somebody asks for it, and writes down who did.</summary>
internal sealed class JobStarter(JobRequests requests, NexusDbContext db, TimeProvider time)
{
    /// <returns>Hangfire's id of the run.</returns>
    /// <exception cref="FormatException">It is no job that runs without being told what to do.</exception>
    public async Task<string> StartAsync(string job, Actor actor, CancellationToken cancellation)
    {
        if (Schedule.Find(job) is not { Cron: not null })
            throw new FormatException($"There is no job '{job}' that can be started like this.");
        db.Record(actor, time.GetUtcNow(), "job.started", job);
        await db.SaveChangesAsync(cancellation);
        return requests.Start(job, new { });
    }
}
