using Microsoft.EntityFrameworkCore;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Tables;

/// <summary>What the filters of the conversations offer; how many each leaves is counted of those that the other filters leave.</summary>
internal static class ConversationCounts
{
    public static async Task<List<FilterOption>> DomainsAsync(NexusDbContext db, ConversationFilter filter, IEnumerable<string> known, CancellationToken cancellation)
    {
        var counts = await (filter with { Domain = null }).Apply(db).GroupBy(row => row.Domain).Select(group => new { group.Key, Count = group.Count() }).ToDictionaryAsync(row => row.Key, row => row.Count, cancellation);
        return [.. known.Concat(counts.Keys).Where(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal).Select(name => new FilterOption(name, null, counts.GetValueOrDefault(name)))];
    }

    public static async Task<List<FilterOption>> KindsAsync(NexusDbContext db, ConversationFilter filter, CancellationToken cancellation)
    {
        var counts = await (filter with { Only = null }).Apply(db).GroupBy(_ => 1).Select(all => new
        {
            Errors = all.Count(row => row.Errors > 0),
            Subagents = all.Count(row => row.Subagents > 0),
            Compactions = all.Count(row => row.Compactions > 0),
            Forks = all.Count(row => row.Forks > 0),
        }).SingleOrDefaultAsync(cancellation);
        return [new("errors", "with errors", counts?.Errors ?? 0), new("subagents", "with subagents", counts?.Subagents ?? 0), new("compaction", "compacted", counts?.Compactions ?? 0), new("forks", "branched or forked", counts?.Forks ?? 0)];
    }
}
