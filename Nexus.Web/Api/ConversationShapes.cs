using Nexus.Web.Conversations;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Api;

/// <summary>A conversation as spec §6.2 gives it, grouped by conversation alone: domains and accounts are arrays beside their first.</summary>
/// <param name="EstimatedCostMicros">The part of the cost that is an estimate.</param>
internal sealed record ConversationShape(
    Guid ConversationId, string Domain, string? AccountId, IReadOnlyList<string> Accounts, IReadOnlyList<string> Owners, IReadOnlyList<string> KeyIds, string? Title,
    DateTimeOffset FirstMessageTime, DateTimeOffset LastMessageTime, int MessageCount, int Turns, long TotalTokens, long InputTokens, long OutputTokens, long CacheCreationTokens, long CacheReadTokens, long CostMicros, long EstimatedCostMicros,
    int ToolCalls, int ErrorCount, int BranchCount, int SubtaskBranchCount, int CompactBranchCount, int UserBranchCount, IReadOnlyList<string> ModelsUsed,
    Guid? LatestRequestId, string? LatestModel, long LatestContextTokens, int ContextLimit, bool IsSubtask, Guid? ParentTaskRequestId, Guid? ParentConversationId, int SubtaskMessageCount)
{
    public static ConversationShape Of(KnownConversation known)
    {
        var row = known.Row;
        return new(
            row.Id, row.Domain, row.Accounts.FirstOrDefault(), row.Accounts, row.Owners, row.KeyIds, row.Title,
            row.StartedAt, row.LastAt, row.Requests, row.Turns, row.InputTokens + row.OutputTokens, row.InputTokens, row.OutputTokens, row.CacheCreation5mTokens + row.CacheCreation1hTokens, row.CacheReadTokens, row.CostMicros, known.EstimatedCostMicros,
            row.ToolCalls, row.Errors, 1 + row.Subagents + row.Compactions + row.Forks, row.Subagents, row.Compactions, row.Forks, row.Models,
            row.LatestId, row.LatestModel, row.ContextTokens, ContextWindows.Of(row.LatestModel).Tokens, false, null, null, known.Branches.Where(branch => BranchNames.IsSubagent(branch.Name)).Sum(branch => branch.Requests));
    }
}

/// <summary>A branch and what is on it. The main line has what no other branch has.</summary>
/// <param name="EstimatedCostMicros">The part of the cost that is an estimate.</param>
internal sealed record BranchShape(string BranchId, string Kind, int Requests, long TotalTokens, int ToolCalls, int ErrorCount, long CostMicros, long EstimatedCostMicros)
{
    public static IEnumerable<BranchShape> Of(KnownConversation known)
    {
        var (row, others) = (known.Row, known.Branches);
        long Estimated(string? branch) => known.Estimates.FirstOrDefault(cost => cost.BranchId == branch)?.Micros ?? 0;
        yield return new(
            BranchNames.Main, "main", row.Requests - others.Sum(branch => branch.Requests), row.InputTokens + row.OutputTokens - others.Sum(branch => branch.InputTokens + branch.OutputTokens),
            row.ToolCalls - others.Sum(branch => branch.ToolCalls), row.Errors - others.Sum(branch => branch.Errors), row.CostMicros - others.Sum(branch => branch.CostMicros), Estimated(null));
        foreach (var branch in others)
            yield return new(branch.Name, BranchNames.Kind(branch.Name), branch.Requests, branch.InputTokens + branch.OutputTokens, branch.ToolCalls, branch.Errors, branch.CostMicros, Estimated(branch.Name));
    }
}

/// <summary>A node of the tree: a request, with those that repeat it.</summary>
/// <param name="BranchId"><c>side</c> for what is kept beside the line.</param>
/// <param name="CostEstimate">Why the cost is an estimate, as in the ledger; null when it is exact.</param>
/// <param name="Attempts">Ids of the requests that repeat it. Tokens, cost, time and outcome are those of the attempt that went well, where one did.</param>
internal sealed record TreeNodeShape(
    Guid RequestId, Guid? ParentRequestId, string BranchId, string Kind, string Lane, DateTimeOffset Timestamp, string? Model, string? AgentId, int MessageCount, long ContextTokens, int ContextLimit,
    long InputTokens, long OutputTokens, long? CostMicros, string? CostEstimate, int DurationMs, int ToolCalls, int? ResponseStatus, string Outcome, string? StopReason, string? Error, IReadOnlyList<Guid> Attempts)
{
    public static IEnumerable<TreeNodeShape> Of(IReadOnlyList<LedgerRow> rows)
    {
        var attempts = new Attempts(rows);
        var windows = ContextWindows.Remembered();
        foreach (var row in rows.Where(row => row.AttemptOf is null))
        {
            var answered = attempts.Answered(row);
            var model = answered.ModelServed ?? answered.ModelRequested;
            yield return new(
                row.Id, row.ParentId, row.BranchId ?? BranchNames.Main, BranchNames.Kind(row.BranchId), row.Lane, row.StartedAt, model, row.AgentId, row.MessageCount, ConversationSums.Prompt(answered), windows(model).Tokens,
                answered.InputTokens, answered.OutputTokens, answered.CostMicros, answered.CostEstimate, answered.DurationMs, answered.ToolCalls, answered.Status, answered.Outcome, answered.StopReason, answered.ErrorMessage, [.. attempts.Of(row).Select(again => again.Id)]);
        }
    }
}
