using Microsoft.EntityFrameworkCore;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Tables;

/// <summary>What the filters of the conversations offer; how many each leaves is counted of those that the other filters leave.</summary>
internal static class ConversationCounts
{
    private static readonly (string Name, string Text)[] Kinds = [("errors", "with errors"), ("subagents", "with subagents"), ("compaction", "compacted"), ("forks", "branched or forked")];

    public static async Task<List<FilterOption>> DomainsAsync(NexusDbContext db, ConversationFilter filter, IEnumerable<string> known, CancellationToken cancellation)
    {
        var counts = await (filter with { Domain = null }).Apply(db).GroupBy(row => row.Domain).Select(group => new { group.Key, Count = group.Count() }).ToDictionaryAsync(row => row.Key, row => row.Count, cancellation);
        return [.. known.Concat(counts.Keys).Where(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal).Select(name => new FilterOption(name, null, counts.GetValueOrDefault(name)))];
    }

    /// <param name="filter">Null: they are not counted.</param>
    public static async Task<List<FilterOption>> KindsAsync(NexusDbContext db, ConversationFilter? filter, CancellationToken cancellation)
    {
        if (filter is null)
            return [.. Kinds.Select(kind => new FilterOption(kind.Name, kind.Text))];
        var counts = await (filter with { Only = null }).Apply(db).GroupBy(_ => 1).Select(all => new
        {
            Errors = all.Count(row => row.Errors > 0),
            Subagents = all.Count(row => row.Subagents > 0),
            Compactions = all.Count(row => row.Compactions > 0),
            Forks = all.Count(row => row.Forks > 0),
        }).SingleOrDefaultAsync(cancellation);
        long?[] all = [counts?.Errors ?? 0, counts?.Subagents ?? 0, counts?.Compactions ?? 0, counts?.Forks ?? 0];
        return [.. Kinds.Zip(all, (kind, count) => new FilterOption(kind.Name, kind.Text, count))];
    }
}
