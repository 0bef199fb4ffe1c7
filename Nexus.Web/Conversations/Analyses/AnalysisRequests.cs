using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Capture;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>What became of a wish for an analysis.</summary>
internal enum Wish
{
    /// <summary>It waits now.</summary>
    Accepted,

    /// <summary>There is one already, done or on its way.</summary>
    Already,

    /// <summary>No such conversation, branch or, for another one, analysis.</summary>
    Unknown,

    /// <summary>It is off, there is nothing to analyse, or the budget is spent.</summary>
    Refused,
}

/// <param name="Row">The analysis; null when there is none.</param>
/// <param name="Reason">For <see cref="Wish.Unknown"/> and <see cref="Wish.Refused"/>.</param>
internal sealed record WishResult(Wish Wish, AnalysisRow? Row, string? Reason = null);

/// <summary>Asks for analyses, and finds them.</summary>
internal sealed partial class AnalysisRequests(NexusDbContext db, AnalysisInputs inputs, AnalysisBudget budget, AnalysisQueue queue, IOptions<AnalysisOptions> options, TimeProvider time, ILogger<AnalysisRequests> logger)
{
    public const int LongestInstruction = 4_000;
    public const int LongestBranch = 255;
    public const string NothingKept = "Nothing of this conversation's content is kept here, so there is nothing to analyse. The capture level of its key or domain decides that (page Domains); contents also expire (RETENTION_PAYLOADS).";

    /// <summary>Askers wait for each other, so that two do not reserve the same rest of the budget.</summary>
    private const long AskingLock = 0x6e6578_616e616c;

    public Task<AnalysisRow?> FindAsync(Guid conversation, string branch, CancellationToken cancellation) =>
        db.Analyses.AsNoTracking().SingleOrDefaultAsync(row => row.ConversationId == conversation && row.BranchId == branch, cancellation);

    /// <summary>Whether some of its cost is an estimate: by the ledger, which has all calls but those that never came to be.</summary>
    public async Task<bool> IsEstimatedAsync(AnalysisRow row, CancellationToken cancellation)
    {
        if (row.CostMicros == 0)
            return false;
        var calls = row.Calls;
        var times = calls.Select(PayloadReader.StartOf).ToArray();
        return calls.Length == 0 || await db.Requests.AsNoTracking().AnyAsync(call => times.Contains(call.StartedAt) && calls.Contains(call.Id) && call.CostEstimate != null, cancellation);
    }

    /// <param name="again">Makes a new result where there is one, or is being made one.</param>
    /// <param name="interrupt">Whether one that is being made is made anew, too.</param>
    public async Task<WishResult> AskAsync(Guid conversation, string branch, string? instruction, bool again, Actor actor, CancellationToken cancellation, bool interrupt = true)
    {
        var known = await FindAsync(conversation, branch, cancellation);
        if (again && known is null)
            return new(Wish.Unknown, null, "Analysis not found");
        if (Stays(known))
            return new(Wish.Already, known);
        if (!options.Value.Enabled)
            return new(Wish.Refused, known, AnalysisOptions.Off);
        if (await inputs.ReadAsync(conversation, branch, cancellation) is not { } input)
            return new(Wish.Unknown, known, "Conversation or branch not found");
        if (input.IsEmpty)
            return new(Wish.Refused, known, NothingKept);
        var result = await StoreAsync(conversation, branch, instruction, again, Stays, input, actor, cancellation);
        if (result.Wish == Wish.Accepted)
            Enqueue(result.Row!.Id);
        return result;

        bool Stays(AnalysisRow? row) => row is not null && (row.Status is AnalysisRow.Pending or AnalysisRow.Processing ? !again || !interrupt : !again && row.Status != AnalysisRow.Failed);
    }

    /// <summary>It is stored: what is not queued now, the job <see cref="AnalysesJob"/> finds.</summary>
    private void Enqueue(long id)
    {
        try
        {
            queue.Add(id);
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error) || error is Hangfire.BackgroundJobClientException)
        {
            Log.NotQueued(logger, id, error.Message);
        }
    }

    private async Task<WishResult> StoreAsync(Guid conversation, string branch, string? instruction, bool again, Func<AnalysisRow?, bool> stays, AnalysisInput input, Actor actor, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({AskingLock})", cancellation);
        var row = await db.Analyses.SingleOrDefaultAsync(row => row.ConversationId == conversation && row.BranchId == branch, cancellation);
        if (stays(row))
            return new(Wish.Already, row);
        if (budget.Refuse(await budget.ReadAsync(row?.Id, cancellation), input.Micros ?? 0) is { } spent)
            return new(Wish.Refused, row, spent);
        var now = time.GetUtcNow();
        if (row is null)
            db.Analyses.Add(row = new() { ConversationId = conversation, BranchId = branch, Status = AnalysisRow.Pending, Model = options.Value.Model, NextAt = now, RequestedBy = actor.Name, RequestedAt = now, CreatedAt = now, UpdatedAt = now });
        else if (!await OwesAsync(row, now, cancellation))
            (row.PromptTokens, row.CompletionTokens, row.CostMicros, row.Calls) = (0, 0, 0, []);
        Reset(row, instruction, input.Micros ?? 0, actor, now);
        db.Record(actor, now, again ? "analysis.regenerated" : "analysis.requested", $"conversation {conversation} {branch}", new { model = row.Model, estimatedMicros = input.Micros, customPrompt = row.CustomPrompt is not null });
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return new(Wish.Accepted, row);
    }

    /// <summary>Whether something was paid for the result before that is not in the ledger: asking again does not free it, so its figures stay.</summary>
    private async Task<bool> OwesAsync(AnalysisRow row, DateTimeOffset now, CancellationToken cancellation)
    {
        // Of an earlier month it counts no more.
        if (row.UpdatedAt.UtcDateTime is var last && (last.Year, last.Month) != (now.UtcDateTime.Year, now.UtcDateTime.Month))
            return false;
        var sql = $"SELECT {AnalysisBudget.RestSql("a")} AS \"Value\" FROM analyses a WHERE a.id = {{0}}";
        return await db.Database.SqlQueryRaw<long>(sql, row.Id).SingleAsync(cancellation) > 0;
    }

    /// <summary>An attempt under way loses its claim, and ends.</summary>
    private void Reset(AnalysisRow row, string? instruction, long estimated, Actor actor, DateTimeOffset now)
    {
        row.Status = AnalysisRow.Pending;
        row.Model = options.Value.Model;
        row.CustomPrompt = string.IsNullOrWhiteSpace(instruction) ? null : instruction.Trim();
        (row.Attempts, row.NextAt, row.Error) = (0, now, null);
        (row.Claim, row.ClaimedBy, row.ClaimedUntil) = (null, null, null);
        row.EstimatedMicros = estimated;
        (row.RequestedBy, row.RequestedAt, row.UpdatedAt) = (actor.Name, now, now);
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "analysis_not_queued", Level = LogLevel.Warning, Message = "Analysis {Analysis} is stored but could not be queued; it is taken up within minutes: {Reason}")]
        public static partial void NotQueued(ILogger logger, long analysis, string reason);
    }
}
