using Hangfire;
using Hangfire.Client;
using Hangfire.Common;
using Hangfire.States;
using Nexus.Web.Conversations.Analyses;

namespace Nexus.Web.Operations.Jobs;

/// <summary>Marks runs that a person asked for: the schedule's own runs are made by Hangfire's server, which does not use this filter.</summary>
internal sealed class StartedByHand : IClientFilter
{
    public const string Parameter = "ByHand";

    public void OnCreating(CreatingContext context) => context.SetJobParameter(Parameter, true);

    public void OnCreated(CreatedContext context)
    {
        // The mark is part of what was created.
    }
}

/// <summary>Leaves out what the clock starts; see <see cref="JobOptions.ByClock"/>.</summary>
internal sealed class NotByClock : IClientFilter
{
    public void OnCreating(CreatingContext context) => context.Canceled = true;

    public void OnCreated(CreatedContext context)
    {
        // Nothing was.
    }
}

/// <summary>Tries a failed run again as its line of the <see cref="Schedule"/> says, or an operator's change of it says, instead of Hangfire's ten times.</summary>
internal sealed class ScheduledRetry : IElectStateFilter
{
    /// <summary>Retries and seconds before the first, as they were when the run began; without it the schedule's.</summary>
    public const string Parameter = "Retry";

    public void OnStateElection(ElectStateContext context)
    {
        if (context.CandidateState is FailedState { Exception: not TimeBoxUsedUpException } && context.BackgroundJob.Job?.Args is [string id, ..] && Schedule.Find(id) is { } job)
            Retry(context.GetJobParameter<int[]>(Parameter) is [var attempts, var seconds] ? new(attempts, TimeSpan.FromSeconds(seconds)) : job.Retry).OnStateElection(context);
    }

    private static AutomaticRetryAttribute Retry(RetryRule rule) => new()
    {
        Attempts = rule.Attempts,
        DelayInSecondsByAttemptFunc = attempt => (int)Math.Min(rule.After.TotalSeconds * Math.Pow(2, attempt - 1), 86_400),
        LogEvents = false,
    };
}

/// <summary>The filters of this app alone; Hangfire's global ones are shared by everything in the process.</summary>
internal static class ScheduleFilters
{
    public static JobFilterCollection ForServer(bool byClock = true)
    {
        var filters = new JobFilterCollection { new StatisticsHistoryAttribute(), new ScheduledRetry(), new AnalysesStayQueued() };
        if (!byClock)
            filters.Add(new NotByClock());
        return filters;
    }

    public static JobFilterCollection ForConsole()
    {
        var filters = ForServer();
        filters.Add(new StartedByHand());
        return filters;
    }
}
