using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;

namespace Nexus.Web.Conversations;

/// <summary>What of a branch's cost is an estimate.</summary>
/// <param name="BranchId">Null: the main line.</param>
internal sealed record EstimatedCost(Guid ConversationId, string? BranchId, long Micros);

/// <summary>
/// Which costs of conversations are estimates, as the ledger has it now: such requests are few, and an index of their own finds them. A sum
/// kept with the conversation would have to follow each re-pricing, and nodes of a version before would not keep it.
/// </summary>
internal static class ConversationEstimates
{
    /// <summary>Those of some conversations, without the branches whose cost is exact.</summary>
    public static async Task<ILookup<Guid, EstimatedCost>> ReadAsync(NexusDbContext db, IReadOnlyCollection<ConversationRow> rows, CancellationToken cancellation)
    {
        if (rows.Count == 0)
            return Enumerable.Empty<EstimatedCost>().ToLookup(cost => cost.ConversationId);
        Guid[] ids = [.. rows.Select(row => row.Id)];
        // The bounds let the planner leave out the other months' partitions.
        var (first, last) = (rows.Min(row => row.StartedAt), rows.Max(row => row.LastAt));
        var costs = await db.Database.SqlQuery<EstimatedCost>($"""
            SELECT conversation_id, branch_id, sum(cost_micros)::bigint AS micros FROM requests
            WHERE conversation_id = ANY({ids}) AND cost_estimate IS NOT NULL AND started_at BETWEEN {first} AND {last} GROUP BY 1, 2 HAVING sum(cost_micros) > 0
            """).ToListAsync(cancellation);
        return costs.ToLookup(cost => cost.ConversationId);
    }
}
