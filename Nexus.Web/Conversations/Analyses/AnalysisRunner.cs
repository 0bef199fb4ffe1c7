using System.Security.Cryptography;
using Hangfire;
using Microsoft.Extensions.Options;
using Nexus.Web.Storage;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>What Hangfire calls for an analysis; its name is part of what is stored there. Any number of calls for one analysis do no harm.</summary>
internal sealed partial class AnalysisRunner(AnalysisClaims claims, AnalysisAttempt attempt, AnalysisQueue queue, IServiceScopeFactory scopes, IHostApplicationLifetime application, IOptions<AnalysisOptions> options, TimeProvider time, ILogger<AnalysisRunner> logger)
{
    /// <summary>Waits between attempts grow by this (spec §8.1): 1 s, 2.5 s, 6.25 s, then 15 s.</summary>
    private const double Growth = 2.5;

    private const double LongestWaitSeconds = 15;

    /// <summary>A call that runs out of time is paid for, and the next is likely to end the same way.</summary>
    private const int MostTimedOut = 2;

    /// <summary>Shorter waits are waited here: Hangfire's clock is looked at four times a minute.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan LongestAsked = TimeSpan.FromHours(1);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    /// <param name="stopping">When Hangfire's server stops; what ends by it then is queued again.</param>
    [JobDisplayName("AI analysis {0}")]
    public async Task RunAsync(long id, CancellationToken stopping)
    {
        while (true)
        {
            if (await claims.TakeAsync(id, stopping) is { } held)
                await BeginAsync(held, stopping);
            // Done, or to be done later: after a failure, or when another node that has it does not end it.
            if (await claims.WaitAsync(id, stopping) is not { } wait)
                return;
            if (wait > Patience)
            {
                queue.Add(id, wait);
                return;
            }

            await Task.Delay(wait, time, stopping);
        }
    }

    private int Most => options.Value.MaxRetries + 1;

    private async Task BeginAsync(AnalysisRow held, CancellationToken stopping)
    {
        Log.Started(logger, held.Id, held.ConversationId, held.BranchId, held.Attempts);
        if (held.Attempts > Most) // nobody wrote how they ended
            await claims.FailAsync(held, $"It was begun {held.Attempts - 1} times and not ended: its nodes were killed, or lost the database for long. Ask again when Nexus runs steadily.", stopping);
        else
            await AttemptAsync(held, stopping);
    }

    private async Task AttemptAsync(AnalysisRow held, CancellationToken stopping)
    {
        using var box = new CancellationTokenSource(TimeSpan.FromMinutes(options.Value.JobTimeoutMinutes), time);
        // The ports close before Hangfire stops, and would wait for a model's answer.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(box.Token, stopping, application.ApplicationStopping);
        var beating = BeatAsync(held, over);
        try
        {
            await attempt.RunAsync(held, over.Token);
            Log.Completed(logger, held.Id);
        }
        catch (AnalysisFailedException failure)
        {
            await FailedAsync(held, failure, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested || application.ApplicationStopping.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(LastWords);
            await claims.PutBackAsync(held, TimeSpan.Zero, null, counts: false, limit.Token);
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stopping);
        }
        catch (OperationCanceledException) when (box.IsCancellationRequested)
        {
            await FailedAsync(held, new($"It took more than {options.Value.JobTimeoutMinutes} minutes (AI_WORKER_JOB_TIMEOUT_MINUTES).", mayPass: true) { TimedOut = true }, stopping);
        }
        catch (OperationCanceledException)
        {
            Log.Lost(logger, held.Id);
        }
        catch (Exception error) when (!DatabaseAway.IsDatabase(error))
        {
            Log.Unexpected(logger, held.Id, error);
            await FailedAsync(held, new("Nexus failed over it; the log says how (analysis_unexpected). Ask again, and report it if it stays."), stopping);
        }
        finally
        {
            await over.CancelAsync();
            await beating;
        }
    }

    private async Task FailedAsync(AnalysisRow held, AnalysisFailedException failure, CancellationToken stopping)
    {
        if (!failure.MayPass || held.Attempts >= (failure.TimedOut ? Math.Min(Most, MostTimedOut) : Most))
        {
            var words = failure.MayPass ? $"{failure.Message} {(held.Attempts == 1 ? "Ask again later." : $"It was tried {held.Attempts} times; ask again later.")}" : failure.Message;
            await claims.FailAsync(held, words, stopping);
            Log.Failed(logger, held.Id, words);
            return;
        }

        var usual = TimeSpan.FromSeconds(Math.Min(Math.Pow(Growth, held.Attempts - 1), LongestWaitSeconds) * (1 + (RandomNumberGenerator.GetInt32(300) / 1000.0)));
        var wait = failure.After is { } asked && asked > usual ? (asked < LongestAsked ? asked : LongestAsked) : usual;
        await claims.PutBackAsync(held, wait, failure.Message, counts: true, stopping);
        Log.Again(logger, held.Id, wait.TotalSeconds, failure.Message);
    }

    /// <summary>Prolongs the claim; ends the attempt when it is not its own any more.</summary>
    private async Task BeatAsync(AnalysisRow held, CancellationTokenSource over)
    {
        while (true)
        {
            await Task.Delay(AnalysisClaims.Beat, time, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (over.IsCancellationRequested)
                return;
            try
            {
                // Of its own: the attempt uses this scope's connection.
                await using var scope = scopes.CreateAsyncScope();
                if (!await scope.ServiceProvider.GetRequiredService<AnalysisClaims>().ProlongAsync(held, over.Token))
                    await over.CancelAsync();
            }
            catch (Exception error) when (DatabaseAway.IsDatabase(error) || error is OperationCanceledException)
            {
                // The claim may run out before the database is back; then another has it, and this one writes nothing.
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Analysis {Analysis} of conversation {Conversation} ({Branch}) begins, attempt {Attempt}.")]
        public static partial void Started(ILogger logger, long analysis, Guid conversation, string branch, int attempt);

        [LoggerMessage(LogLevel.Information, "Analysis {Analysis} is done.")]
        public static partial void Completed(ILogger logger, long analysis);

        [LoggerMessage(LogLevel.Information, "Analysis {Analysis} is tried again in {Seconds} s: {Reason}")]
        public static partial void Again(ILogger logger, long analysis, double seconds, string reason);

        [LoggerMessage(EventName = "analysis_failed", Level = LogLevel.Warning, Message = "Analysis {Analysis} failed: {Reason}")]
        public static partial void Failed(ILogger logger, long analysis, string reason);

        [LoggerMessage(LogLevel.Information, "Analysis {Analysis} was asked for anew, or is another node's: this attempt ends.")]
        public static partial void Lost(ILogger logger, long analysis);

        [LoggerMessage(EventName = "analysis_unexpected", Level = LogLevel.Error, Message = "Analysis {Analysis} failed unexpectedly.")]
        public static partial void Unexpected(ILogger logger, long analysis, Exception error);
    }
}
