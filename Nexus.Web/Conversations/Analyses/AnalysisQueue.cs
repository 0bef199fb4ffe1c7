using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.States;
using Nexus.Web.Operations.Jobs;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>Hands analyses to Hangfire, in a queue of their own, so that a backup never waits for a model.</summary>
internal sealed class AnalysisQueue(PostgreSqlStorage storage)
{
    public const string Name = "analyses";
    private readonly Lazy<BackgroundJobClient> _client = new(() => new BackgroundJobClient(storage, ScheduleFilters.ForServer()));

    public void Add(long id, TimeSpan after = default)
    {
        if (after <= TimeSpan.Zero)
            _client.Value.Enqueue<AnalysisRunner>(runner => runner.RunAsync(id, CancellationToken.None));
        else
            _client.Value.Schedule<AnalysisRunner>(runner => runner.RunAsync(id, CancellationToken.None), after);
    }
}

/// <summary>
/// Keeps analyses in their queue whoever enqueues them: the asker, the clock or a node that stops. What fails in Hangfire's eyes
/// lost the database, and is taken up a claim's length later.
/// </summary>
internal sealed class AnalysesStayQueued : IElectStateFilter
{
    private static readonly AutomaticRetryAttribute Again = new() { Attempts = 20, DelaysInSeconds = [(int)AnalysisClaims.Lease.TotalSeconds], LogEvents = false };

    public void OnStateElection(ElectStateContext context)
    {
        if (context.BackgroundJob.Job?.Type != typeof(AnalysisRunner))
            return;
        if (context.CandidateState is EnqueuedState enqueued)
            enqueued.Queue = AnalysisQueue.Name;
        else if (context.CandidateState is FailedState)
            Again.OnStateElection(context);
    }
}
