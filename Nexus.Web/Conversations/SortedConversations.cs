using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;

namespace Nexus.Web.Conversations;

/// <summary>
/// Conversations by a figure, among those of a filter that were active last. What is sorted is settled on the first page, as it is for
/// requests; a conversation that goes on while somebody pages may be met at its new place.
/// </summary>
internal sealed class SortedConversations(NexusDbContext db, ConversationReader reader)
{
    /// <summary>So many are sorted.</summary>
    public const int Most = 50_000;

    private static readonly Dictionary<string, Expression<Func<ConversationRow, long>>> Figures = new()
    {
        ["turns"] = row => row.Turns,
        ["requests"] = row => row.Requests,
        ["errors"] = row => row.Errors,
        ["tokens"] = row => row.InputTokens + row.OutputTokens + row.CacheCreation5mTokens + row.CacheCreation1hTokens + row.CacheReadTokens,
        ["cost"] = row => row.CostMicros,
    };

    private static readonly Dictionary<string, Func<ConversationRow, long>> Values = Figures.ToDictionary(pair => pair.Key, pair => pair.Value.Compile());

    public static bool IsFigure(string? sort) => sort is not null && Figures.ContainsKey(sort);

    /// <summary>All of them: by a figure, or by their latest activity.</summary>
    public static IQueryable<ConversationRow> Ordered(IQueryable<ConversationRow> rows, string? sort, bool ascending) => sort is not null && Figures.TryGetValue(sort, out var figure)
        ? new Keyset<ConversationRow>(figure, ascending).Order(rows).ThenByDescending(row => row.Id)
        : rows.OrderByDescending(row => row.LastHour).ThenByDescending(row => row.LastAt).ThenByDescending(row => row.Id);

    /// <param name="back">Whether the page is the one before the place, and what there is more of lies before it.</param>
    /// <returns>The page, a place's text for each of its rows, and whether older ones matched that were not sorted.</returns>
    public async Task<(ConversationPage Page, Func<ConversationRow, string> Place, bool Bounded)> PageAsync(ConversationFilter filter, string sort, bool ascending, FigurePlace? place, bool back, DateTimeOffset now, int size, CancellationToken cancellation)
    {
        var until = place?.Until ?? now;
        var order = new Keyset<ConversationRow>(Figures[sort], ascending != back);
        var matching = filter.Apply(db).Where(row => row.StartedAt <= until);
        var total = await matching.CountAsync(cancellation);
        var floor = place is not null ? place.Floor : total > Most ? await matching.OrderByDescending(row => row.LastHour).Take(Most).MinAsync(row => (DateTimeOffset?)row.LastHour, cancellation) : null;
        var rows = floor is { } from ? matching.Where(row => row.LastHour >= from) : matching;
        if (place is not null)
        {
            var id = place.Id;
            rows = back ? order.After(rows, place.Figure, row => row.Id.CompareTo(id) > 0) : order.After(rows, place.Figure, row => row.Id.CompareTo(id) < 0);
        }

        var found = await (back ? order.Order(rows).ThenBy(row => row.Id) : order.Order(rows).ThenByDescending(row => row.Id)).Take(size + 1).ToListAsync(cancellation);
        var more = found.Count > size;
        var shown = more ? found[..size] : found;
        if (back)
            shown.Reverse();
        return (new(await reader.WithBranchesAsync(shown, cancellation), total, more), row => new FigurePlace(Values[sort](row), row.Id, until, floor).ToString(), floor is not null);
    }
}
