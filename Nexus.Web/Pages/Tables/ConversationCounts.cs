using Microsoft.EntityFrameworkCore;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Tables;

/// <summary>
/// What the filters of the conversations offer; how many each leaves is counted of those that the other filters leave. One look at the
/// conversations answers for the domains, the kinds and the page's total.
/// </summary>
internal sealed class ConversationCounts
{
    private static readonly (string Name, string Text, Func<Sum, int> Of)[] Kinds =
    [
        ("errors", "with errors", sum => sum.Errors), ("subagents", "with subagents", sum => sum.Subagents), ("compaction", "compacted", sum => sum.Compactions), ("forks", "branched or forked", sum => sum.Forks),
    ];

    private readonly ConversationFilter _filter;
    private readonly List<Sum> _sums;

    private ConversationCounts(ConversationFilter filter, List<Sum> sums) => (_filter, _sums) = (filter, sums);

    private sealed record Sum(string Domain, int All, int Errors, int Subagents, int Compactions, int Forks);

    /// <summary>How many match the whole filter.</summary>
    public int Total => Here.Sum(Matching);

    private IEnumerable<Sum> Here => _sums.Where(sum => _filter.Domain is null || sum.Domain == _filter.Domain);

    public static async Task<ConversationCounts> ReadAsync(NexusDbContext db, ConversationFilter filter, CancellationToken cancellation) => new(filter, await (filter with { Domain = null, Only = null }).Apply(db)
        .GroupBy(row => row.Domain)
        .Select(group => new Sum(group.Key, group.Count(), group.Count(row => row.Errors > 0), group.Count(row => row.Subagents > 0), group.Count(row => row.Compactions > 0), group.Count(row => row.Forks > 0)))
        .ToListAsync(cancellation));

    /// <param name="known">Domains that are offered in any case.</param>
    public List<FilterOption> Domains(IEnumerable<string> known)
    {
        var counts = _sums.ToDictionary(sum => sum.Domain, Matching);
        return [.. known.Concat(counts.Where(pair => pair.Value > 0).Select(pair => pair.Key)).Where(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal).Select(name => new FilterOption(name, null, counts.GetValueOrDefault(name)))];
    }

    /// <param name="counts">Null: they were not counted.</param>
    public static List<FilterOption> KindsOf(ConversationCounts? counts) =>
        [.. Kinds.Select(kind => counts is null ? new FilterOption(kind.Name, kind.Text) : new FilterOption(kind.Name, kind.Text, counts.Here.Sum(kind.Of)))];

    private int Matching(Sum sum) => Kinds.FirstOrDefault(kind => kind.Name == _filter.Only).Of is { } of ? of(sum) : sum.All;
}
