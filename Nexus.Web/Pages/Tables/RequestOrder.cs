using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Tables;

/// <summary>A page of requests in some order.</summary>
/// <param name="Next">Where the page after it begins, for <c>before</c>; null on the last.</param>
/// <param name="Bounded">Whether older requests matched that were not sorted.</param>
internal sealed record RequestPage(List<RequestLine> Lines, string? Next, bool Bounded = false);

/// <summary>
/// The ledger by time either way, through its primary key; or by a figure, among the newest that match within a bounded time. What is sorted
/// is settled on the first page: the pages after it carry its bounds, so that no row comes twice or is left out while others arrive.
/// </summary>
internal sealed class RequestOrder(NexusDbContext db)
{
    /// <summary>So many are sorted by a figure: some hundredths of a second.</summary>
    public const int MostSorted = 50_000;

    /// <summary>Longest time of which requests are sorted by a figure.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(31);

    /// <summary>What is billed or measured of no answer counts as less than nothing.</summary>
    private static readonly Dictionary<string, Expression<Func<LedgerRow, long>>> Figures = new()
    {
        ["input"] = row => row.InputTokens,
        ["output"] = row => row.OutputTokens,
        ["cost"] = row => row.CostMicros ?? -1,
        ["first"] = row => (long?)row.FirstByteMs ?? -1,
        ["total"] = row => row.DurationMs,
    };

    private static readonly Dictionary<string, Func<LedgerRow, long>> Values = Figures.ToDictionary(pair => pair.Key, pair => pair.Value.Compile());

    public static bool IsFigure(string? sort) => sort is not null && Figures.ContainsKey(sort);

    /// <summary>What a filter leaves, in an order, for a file: all of it by time; by a figure the newest, as on the page, which says so beside the link.</summary>
    public static IQueryable<LedgerRow> Sorted(IQueryable<LedgerRow> rows, string? sort, bool ascending, int most = MostSorted)
    {
        if (sort is not null && Figures.TryGetValue(sort, out var by))
        {
            var newest = rows.OrderByDescending(row => row.StartedAt).Take(most).Select(row => row.StartedAt);
            rows = rows.Where(row => row.StartedAt >= newest.Min());
            return new Keyset<LedgerRow>(by, ascending).Order(rows).ThenByDescending(row => row.StartedAt).ThenByDescending(row => row.Id);
        }

        return sort == "time" && ascending ? rows.OrderBy(row => row.StartedAt).ThenBy(row => row.Id) : rows.OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id);
    }

    /// <param name="before">As <see cref="RequestPage.Next"/>; of the order by time an id alone.</param>
    public Task<RequestPage> PageAsync(RequestFilter filter, string? sort, bool ascending, string? before, DateTimeOffset now, int size, CancellationToken cancellation) =>
        sort is not null && Figures.TryGetValue(sort, out var by)
            ? ByFigureAsync(filter, new Keyset<LedgerRow>(by, ascending), Values[sort], FigurePlace.Parse(before), now, size, cancellation)
            : ByTimeAsync(filter, ascending: sort == "time" && ascending, Guid.TryParse(before, out var id) ? id : null, size, cancellation);

    private async Task<RequestPage> ByTimeAsync(RequestFilter filter, bool ascending, Guid? before, int size, CancellationToken cancellation)
    {
        var rows = filter.Apply(db.Requests.AsNoTracking());
        if (before is { } id)
        {
            var at = PayloadReader.StartOf(id);
            rows = ascending
                ? rows.Where(row => row.StartedAt >= at && (row.StartedAt > at || row.Id.CompareTo(id) > 0))
                : rows.Where(row => row.StartedAt <= at && (row.StartedAt < at || row.Id.CompareTo(id) < 0));
        }

        var lines = await Sorted(rows, "time", ascending).Take(size + 1).Select(RequestLine.FromLedger).ToListAsync(cancellation);
        return lines.Count <= size ? new(lines, null) : new(lines[..size], lines[size - 1].Id.ToString());
    }

    private async Task<RequestPage> ByFigureAsync(RequestFilter filter, Keyset<LedgerRow> order, Func<LedgerRow, long> figure, FigurePlace? place, DateTimeOffset now, int size, CancellationToken cancellation)
    {
        var until = place?.Until ?? now;
        var rows = filter.Apply(db.Requests.AsNoTracking()).Where(row => row.StartedAt <= until);
        var floor = place is null ? await FloorAsync(rows, cancellation) : place.Floor;
        if (floor is { } from)
            rows = rows.Where(row => row.StartedAt >= from);
        if (place is not null)
        {
            var (at, id) = (PayloadReader.StartOf(place.Id), place.Id);
            rows = order.After(rows, place.Figure, row => row.StartedAt < at || (row.StartedAt == at && row.Id.CompareTo(id) < 0));
        }

        var found = await order.Order(rows).ThenByDescending(row => row.StartedAt).ThenByDescending(row => row.Id).Take(size + 1).ToListAsync(cancellation);
        var more = found.Count > size;
        var shown = more ? found[..size] : found;
        return new([.. shown.Select(RequestLine.Of)], more ? new FigurePlace(figure(shown[^1]), shown[^1].Id, until, floor).ToString() : null, floor is not null);
    }

    /// <summary>The time of the oldest that is sorted; null when all that match are.</summary>
    private static async Task<DateTimeOffset?> FloorAsync(IQueryable<LedgerRow> rows, CancellationToken cancellation)
    {
        var newest = await rows.OrderByDescending(row => row.StartedAt).Take(MostSorted).GroupBy(_ => 1).Select(all => new { Count = all.Count(), Oldest = all.Min(row => row.StartedAt) }).SingleOrDefaultAsync(cancellation);
        return newest?.Count >= MostSorted ? newest.Oldest : null;
    }
}
