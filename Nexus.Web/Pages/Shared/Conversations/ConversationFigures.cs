using Nexus.Web.Conversations;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Pages.Shared.Conversations;

/// <summary>What is told of a conversation, and in the same words of one line through it (spec §7.2).</summary>
/// <param name="Messages">Of the longest request: each resends what was said before it.</param>
/// <param name="Subagents">How many were launched.</param>
/// <param name="Branches">Lines that differ; subagents and calls beside the line are none.</param>
/// <param name="DurationMs">From the first request's arrival to the end of the answer that ended last.</param>
/// <param name="ContextTokens">Prompt of the latest turn that had one, subagents' and side calls' left out.</param>
public sealed record ConversationFigures(
    int Requests, int Messages, int Subagents, int Branches, double DurationMs, long Tokens, long CostMicros, long EstimatedCostMicros, int ToolCalls, long ContextTokens, int ContextLimit, ConversationTimes Times)
{
    internal static ConversationFigures Of(IReadOnlyList<LedgerRow> rows) => Of(rows, Launched(rows, null));

    /// <summary>Of the line from the conversation's beginning to the end of a branch: every attempt counts, what subagents did does not.</summary>
    internal static ConversationFigures Of(IReadOnlyList<LedgerRow> rows, string branch)
    {
        var nodes = ConversationPath.To(rows, branch).SelectMany(stretch => stretch.Rows).Select(Node).ToHashSet();
        return Of([.. rows.Where(row => nodes.Contains(Node(row)))], Launched(rows, nodes));
    }

    private static ConversationFigures Of(IReadOnlyList<LedgerRow> rows, int subagents)
    {
        if (rows.Count == 0)
            return new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ConversationTimes.Of(rows));
        var inLine = rows.Where(row => row.BranchId != BranchNames.Side).ToList();
        var told = inLine.Where(row => !BranchNames.IsSubagent(row.BranchId)).ToList();
        // The line of a subagent has nothing else.
        if (told.Count == 0)
            told = inLine;
        var latest = told.LastOrDefault(row => ConversationSums.Prompt(row) > 0);
        return new(
            rows.Count, inLine.Select(row => row.MessageCount).DefaultIfEmpty().Max(), subagents, told.Select(row => row.BranchId ?? BranchNames.Main).Distinct().Count(),
            (rows.Max(row => row.StartedAt.AddMilliseconds(row.DurationMs)) - rows.Min(row => row.StartedAt)).TotalMilliseconds,
            rows.Sum(row => ConversationSums.Prompt(row) + row.OutputTokens), rows.Sum(row => row.CostMicros ?? 0), rows.Where(row => row.CostEstimate is not null).Sum(row => row.CostMicros ?? 0),
            rows.Sum(row => row.ToolCalls), latest is null ? 0 : ConversationSums.Prompt(latest), ContextWindows.Of(latest?.ModelServed ?? latest?.ModelRequested).Tokens, ConversationTimes.Of(rows));
    }

    /// <summary>Subagents; with <paramref name="by"/> those that one of its nodes launched itself.</summary>
    private static int Launched(IEnumerable<LedgerRow> rows, HashSet<Guid>? by)
    {
        var agents = rows.Where(row => BranchNames.IsSubagent(row.BranchId)).ToLookup(row => row.BranchId);
        return by is null ? agents.Count : agents.Count(agent => !agent.Any(row => by.Contains(Node(row))) && agent.Any(row => row.ParentId is { } parent && by.Contains(parent)));
    }

    /// <summary>All attempts at a turn have one place in the tree.</summary>
    private static Guid Node(LedgerRow row) => row.AttemptOf ?? row.Id;
}
