using Nexus.Web.Storage;

namespace Nexus.Web.Conversations;

/// <summary>A stretch of a conversation whose last request has all of its history.</summary>
/// <param name="Rows">In order of arrival; of a request that was repeated, the attempt that went well.</param>
/// <param name="AfterCompaction">It goes on from a summary of the stretch before it.</param>
internal sealed record PathStretch(IReadOnlyList<LedgerRow> Rows, bool AfterCompaction);

/// <summary>The way from a conversation's beginning to the end of one of its branches.</summary>
internal static class ConversationPath
{
    /// <param name="rows">All requests of the conversation, in order of arrival.</param>
    /// <param name="branch">Null for the one with the latest turn that is no subagent's.</param>
    public static IReadOnlyList<PathStretch> To(IReadOnlyList<LedgerRow> rows, string? branch)
    {
        var nodes = rows.Where(row => row.AttemptOf is null).ToDictionary(row => row.Id);
        var attempts = new Attempts(rows);
        branch ??= Latest(rows);
        var at = nodes.Values.Where(row => (row.BranchId ?? BranchNames.Main) == branch).OrderBy(row => row.StartedAt).ThenBy(row => row.Id).LastOrDefault();
        var stretches = new List<PathStretch>();
        var stretch = new List<LedgerRow>();
        var seen = new HashSet<Guid>();
        while (at is not null && seen.Add(at.Id))
        {
            stretch.Add(attempts.Answered(at));
            var parent = at.ParentId is { } id ? nodes.GetValueOrDefault(id) : null;
            if (parent is not null && BranchNames.IsSubagent(at.BranchId) && parent.BranchId != at.BranchId)
                parent = null;
            var compacted = parent is { Lane: "compaction" } || (parent is not null && BranchNames.IsCompaction(at.BranchId) && parent.BranchId != at.BranchId);
            if (parent is null || compacted)
            {
                stretch.Reverse();
                stretches.Add(new([.. stretch], compacted));
                stretch.Clear();
            }

            at = parent is { Lane: "compaction", ParentId: { } before } ? nodes.GetValueOrDefault(before) : parent;
        }

        stretches.Reverse();
        return stretches;
    }

    public static string Latest(IEnumerable<LedgerRow> rows) =>
        rows.Where(row => row.AttemptOf is null && row.BranchId is not BranchNames.Side && !BranchNames.IsSubagent(row.BranchId)).OrderBy(row => row.StartedAt).LastOrDefault()?.BranchId ?? BranchNames.Main;
}
