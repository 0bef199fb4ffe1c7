using Nexus.Web.Storage;

namespace Nexus.Web.Conversations;

/// <summary>
/// Requests that were repeated: the tree has one node for all attempts, with the place and the id of the first. What it says of an answer (outcome,
/// tokens, tools, time) is that of the attempt that the conversation went on from: else a turn that went well at the second try shows as failed, and
/// the time of waiting and trying again shows as the person's.
/// </summary>
internal sealed class Attempts(IReadOnlyList<LedgerRow> rows)
{
    private readonly ILookup<Guid, LedgerRow> _again = rows.Where(row => row.AttemptOf is not null).ToLookup(row => row.AttemptOf!.Value);

    /// <summary>Those that repeat a node's first request, in order of arrival.</summary>
    public IEnumerable<LedgerRow> Of(LedgerRow node) => _again[node.Id];

    /// <summary>The latest attempt that went well; the first where none did.</summary>
    public LedgerRow Answered(LedgerRow node) => _again[node.Id].Prepend(node).LastOrDefault(row => row.Outcome == "completed" && row.Status is null or < 400) ?? node;
}
