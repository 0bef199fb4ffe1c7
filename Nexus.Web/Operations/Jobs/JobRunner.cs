using System.Diagnostics;
using Hangfire;
using Hangfire.Server;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Jobs;

/// <summary>
/// What Hangfire calls for every recurring job; its name is part of what is stored there. Keeps the job single, inside its
/// window and its time box, and writes its history.
/// </summary>
internal sealed partial class JobRunner(IServiceProvider services, Database database, JobRuns runs, TimeProvider time, ILogger<JobRunner> logger)
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LogBeat = TimeSpan.FromSeconds(2);

    /// <returns>One line for Hangfire's console.</returns>
    [JobDisplayName("{0}")]
    public Task<string> RunAsync(string id, PerformContext? hangfire, CancellationToken stopping) => RunWithAsync(id, null, hangfire, stopping);

    /// <param name="arguments">JSON, as <see cref="JobRequests"/> was given it.</param>
    /// <returns>One line for Hangfire's console.</returns>
    [JobDisplayName("{0}")]
    public async Task<string> RunWithAsync(string id, string? arguments, PerformContext? hangfire, CancellationToken stopping)
    {
        try
        {
            return await PlannedAsync(id, arguments, hangfire, stopping);
        }
        catch (Exception error) when (hangfire is not null && error is not (OperationCanceledException or TimeBoxUsedUpException))
        {
            throw new MaskedException(error, services.GetRequiredService<SecretMask>());
        }
    }

    private async Task<string> PlannedAsync(string id, string? arguments, PerformContext? hangfire, CancellationToken stopping)
    {
        var plan = await runs.PlanAsync(id, stopping) ?? throw new InvalidOperationException($"This version of Nexus has no job '{id}'. Another node may: it will remove or run it.");
        var job = plan.Job;
        hangfire?.SetJobParameter(ScheduledRetry.Parameter, new int[] { job.Retry.Attempts, (int)job.Retry.After.TotalSeconds });
        var byHand = hangfire?.GetJobParameter<bool>(StartedByHand.Parameter) == true;
        if (!byHand && plan.Paused)
            return Skip(id, "it is paused");
        if (!byHand && job.Window is { } window && !window.Contains(time.GetUtcNow()))
            return Skip(id, $"outside its maintenance window ({window.Opens:HH:mm} to {window.Closes:HH:mm} UTC). It runs at its next date, or at once when triggered under Recurring jobs");
        await using var connection = await database.JobsDataSource.OpenConnectionAsync(stopping);
        if (!await JobLock.TryTakeAsync(connection, id, stopping))
            return Skip(id, "it is running already");
        try
        {
            return await RunAsync(job, arguments, connection, byHand, stopping);
        }
        finally
        {
            await JobLock.ReleaseAsync(connection);
        }
    }

    private async Task<string> RunAsync(RecurringJob job, string? arguments, NpgsqlConnection connection, bool byHand, CancellationToken stopping)
    {
        var started = Stopwatch.GetTimestamp();
        var now = time.GetUtcNow();
        var box = byHand || job.Window is null || job.Window.Remaining(now) > job.TimeBox ? job.TimeBox : job.Window.Remaining(now);
        using var boxed = new CancellationTokenSource(box, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(boxed.Token, stopping);
        var run = await runs.BeginAsync(job.Id, byHand, stopping);
        var log = RunLog.Current = new RunLog(services.GetRequiredService<SecretMask>());
        using var running = new CancellationTokenSource();
        var keeping = KeepLogAsync(run, log, running.Token);
        Log.Started(logger, job.Id, byHand);
        try
        {
            var work = (IJob)services.GetRequiredService(job.Work);
            var result = await work.RunAsync(new(connection, progress => runs.ReportAsync(run, progress, either.Token), arguments), either.Token);
            await runs.ReportAsync(run, result, stopping);
            var took = Seconds(started);
            Log.Succeeded(logger, job.Id, took, result.Summary);
            await CloseLogAsync();
            await runs.EndAsync(run, JobRuns.Succeeded, null, stopping);
            return result.Summary;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            Log.Stopped(logger, job.Id);
            await CloseLogAsync();
            await EndAsync(run, JobRuns.Stopped, "Nexus was stopped, or the run was deleted in the console.");
            throw;
        }
        catch (OperationCanceledException) when (boxed.IsCancellationRequested)
        {
            var error = new TimeBoxUsedUpException($"'{job.Id}' was cut off after its {box.TotalMinutes:0.#} minutes; what it had done stays done. {(job.Cron is null ? "It goes on from there when it is asked for again." : "It goes on at its next date, or at once when triggered under Recurring jobs.")}");
            Log.TimedOut(logger, error.Message);
            await CloseLogAsync();
            await EndAsync(run, JobRuns.TimedOut, error.Message);
            throw error;
        }
        catch (Exception error)
        {
            Log.Failed(logger, job.Id, error);
            await CloseLogAsync();
            await EndAsync(run, JobRuns.Failed, error.Message);
            throw;
        }

        // Before the end is written: whoever sees a run that is over sees all that it logged.
        async Task CloseLogAsync()
        {
            await running.CancelAsync();
            await keeping;
        }
    }

    /// <summary>Stores what a run logs while it runs, and what is left at its end.</summary>
    private async Task KeepLogAsync(Guid run, RunLog log, CancellationToken ended)
    {
        // What storing it logs is not of the run.
        RunLog.Current = null;
        while (true)
        {
            await Task.Delay(LogBeat, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using var limit = new CancellationTokenSource(LastWords);
            try
            {
                if (log.TakeChanged() is { } lines)
                    await runs.LogAsync(run, lines, limit.Token);
            }
            catch (Exception lost) when (DatabaseAway.IsDatabase(lost) || lost is OperationCanceledException or InvalidOperationException)
            {
                Log.LogNotWritten(logger, lost.Message);
            }

            if (ended.IsCancellationRequested)
                return;
        }
    }

    /// <summary>The database may be what failed: the next run then finds this one unfinished and says so.</summary>
    private async Task EndAsync(Guid run, string outcome, string error)
    {
        using var limit = new CancellationTokenSource(LastWords);
        try
        {
            await runs.EndAsync(run, outcome, services.GetRequiredService<SecretMask>().Apply(error), limit.Token);
        }
        catch (Exception lost) when (DatabaseAway.IsDatabase(lost) || lost is OperationCanceledException or InvalidOperationException)
        {
            Log.NotWritten(logger, outcome, lost.Message);
        }
    }

    private string Skip(string id, string reason)
    {
        Log.Skipped(logger, id, reason);
        return $"Skipped: {reason}.";
    }

    private static double Seconds(long started) => Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 2);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Job {Job} starts (by hand: {ByHand}).")]
        public static partial void Started(ILogger logger, string job, bool byHand);

        [LoggerMessage(EventName = "job_succeeded", Level = LogLevel.Information, Message = "Job {Job} is done after {Seconds} s: {Summary}")]
        public static partial void Succeeded(ILogger logger, string job, double seconds, string summary);

        [LoggerMessage(LogLevel.Information, "Job {Job} is not run: {Reason}.")]
        public static partial void Skipped(ILogger logger, string job, string reason);

        [LoggerMessage(LogLevel.Information, "Job {Job} was stopped before its end.")]
        public static partial void Stopped(ILogger logger, string job);

        [LoggerMessage(EventName = "job_timed_out", Level = LogLevel.Warning, Message = "{Message}")]
        public static partial void TimedOut(ILogger logger, string message);

        [LoggerMessage(EventName = "job_failed", Level = LogLevel.Error, Message = "Job {Job} failed.")]
        public static partial void Failed(ILogger logger, string job, Exception error);

        [LoggerMessage(LogLevel.Warning, "That a run ended as {Outcome} could not be stored: {Reason}")]
        public static partial void NotWritten(ILogger logger, string outcome, string reason);

        [LoggerMessage(LogLevel.Warning, "What a run logged could not be stored: {Reason}")]
        public static partial void LogNotWritten(ILogger logger, string reason);
    }
}

/// <summary>Failed, but not to be tried again before its next date.</summary>
internal sealed class TimeBoxUsedUpException(string message) : Exception(message);
