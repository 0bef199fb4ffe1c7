using Nexus.Web.Capture;
using Nexus.Web.Conversations;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Shared.Conversations;

/// <summary>A prompt cache that was missed though the turn before wrote or read it.</summary>
/// <param name="Part">Which part changed first; null when none did, or it is not known.</param>
public sealed record CacheBreak(string Cause, string? Part, long Tokens, long WastedMicros, Guid Previous);

/// <summary>A request in the order of time; those of subagents that it launched are folded under it.</summary>
/// <param name="WaitedMs">Since the end of the answer that it goes on from.</param>
/// <param name="Before">The request that it goes on from.</param>
/// <param name="Asked">What a person typed; null when nobody did, or it is not read.</param>
/// <param name="Break">Where the prompt cache was missed though it should have held.</param>
/// <param name="Waited">What was waited for: tools or the person; null at a beginning.</param>
public sealed record TimelineTurn(
    Guid Id, DateTimeOffset At, string Branch, string Kind, string Lane, string? Model, string Outcome, string? Error, double DurationMs, double? WaitedMs, string? Waited, int ToolCalls,
    long InputTokens, long CacheRead, long CacheWritten, long OutputTokens, long? CostMicros, IReadOnlyList<TimelineTurn> Inside, Guid? Before = null, string? Asked = null, CacheBreak? Break = null)
{
    /// <summary>Why the cost is an estimate, as in the ledger; null when it is exact.</summary>
    public string? CostEstimate { get; init; }

    /// <summary>What is known of the tools that its answer calls; empty where it is not read.</summary>
    public IReadOnlyList<CalledTool> Called { get; init; } = [];

    public bool Failed => Outcomes.IsFailed(Outcome);

    internal static IReadOnlyList<TimelineTurn> Of(IReadOnlyList<LedgerRow> rows, IReadOnlyDictionary<Guid, string> asked, IReadOnlyDictionary<Guid, CacheBreak> breaks, IReadOnlyDictionary<Guid, IReadOnlyList<CalledTool>>? called = null)
    {
        var known = rows.ToDictionary(row => row.Id);
        var attempts = new Attempts(rows);
        var inside = rows.Where(row => BranchNames.IsSubagent(row.BranchId)).ToLookup(row => Launcher(row, known));
        return [.. rows.Where(row => !BranchNames.IsSubagent(row.BranchId)).Select(row => Told(One(row, known, attempts, [.. inside[row.Id].Select(inner => Told(One(inner, known, attempts, [])))])))];

        TimelineTurn Told(TimelineTurn turn) => turn with { Asked = asked.GetValueOrDefault(turn.Id), Break = breaks.GetValueOrDefault(turn.Id), Called = called?.GetValueOrDefault(turn.Id) ?? [] };
    }

    /// <summary>The request outside of all subagents that a subagent's request goes back to.</summary>
    private static Guid? Launcher(LedgerRow row, Dictionary<Guid, LedgerRow> known)
    {
        var at = row;
        for (var i = 0; i < 10_000 && at is not null && BranchNames.IsSubagent(at.BranchId); i++)
            at = at.ParentId is { } id ? known.GetValueOrDefault(id) : null;
        return at?.Id;
    }

    private static TimelineTurn One(LedgerRow row, Dictionary<Guid, LedgerRow> known, Attempts attempts, IReadOnlyList<TimelineTurn> inside)
    {
        var parent = row.ParentId is { } id && row.BranchId != BranchNames.Side ? known.GetValueOrDefault(id) : null;
        // A repetition waits for the one before it: its own beginning is no reply to the parent's answer.
        var (answered, repeats) = (parent is null ? null : attempts.Answered(parent), row.AttemptOf is not null);
        var waited = answered is null || repeats ? (double?)null : Math.Max(0, (row.StartedAt - answered.StartedAt).TotalMilliseconds - answered.DurationMs);
        return new(
            row.Id, row.StartedAt, row.BranchId ?? BranchNames.Main, BranchNames.Kind(row.BranchId), row.Lane, row.ModelServed ?? row.ModelRequested, row.Outcome, row.ErrorMessage ?? row.ErrorType, row.DurationMs,
            waited, answered is null || repeats ? null : answered.StopReason == "tool_use" ? "tools" : "person", row.ToolCalls, row.InputTokens, row.CacheReadTokens, row.CacheCreation5mTokens + row.CacheCreation1hTokens, row.OutputTokens, row.CostMicros, inside, parent?.Id)
        { CostEstimate = row.CostEstimate };
    }
}
