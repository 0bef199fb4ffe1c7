using Npgsql;

namespace Nexus.Web.Operations.Jobs;

/// <summary>The work of a job. It may be cut off at any point and run again, on any node; never twice at a time.</summary>
internal interface IJob
{
    Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation);
}

/// <param name="Connection">Holds the lock that keeps the job single: if it breaks, the run must end, so work on it.</param>
/// <param name="ReportAsync">Stores how far the run has come; after a cut it is what remains.</param>
/// <param name="Arguments">What whoever started it asked for (JSON); null for runs of the schedule.</param>
internal sealed record JobContext(NpgsqlConnection Connection, Func<JobResult, Task> ReportAsync, string? Arguments = null);

/// <param name="Summary">One line for people.</param>
/// <param name="Details">Stored as JSON.</param>
/// <param name="Progress">How much of the work is done, 0 to 1; null where that cannot be told.</param>
internal sealed record JobResult(string Summary, object Details, double? Progress = null);
