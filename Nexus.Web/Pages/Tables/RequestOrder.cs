using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Tables;

/// <summary>A page of requests in some order.</summary>
/// <param name="Previous">Where the page before it ends, for <c>after</c>; null on the first.</param>
/// <param name="Next">Where the page after it begins, for <c>before</c>; null on the last.</param>
/// <param name="Bounded">Whether older requests matched that were not sorted.</param>
internal sealed record RequestPage(List<RequestLine> Lines, string? Previous, string? Next, bool Bounded = false);

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

    /// <param name="place">As <see cref="RequestPage.Next"/>, or going back as <see cref="RequestPage.Previous"/>; of the order by time an id alone.</param>
    public async Task<RequestPage> PageAsync(RequestFilter filter, string? sort, bool ascending, string? place, bool back, DateTimeOffset now, int size, CancellationToken cancellation)
    {
        var page = sort is not null && Figures.TryGetValue(sort, out var by)
            ? await ByFigureAsync(filter, new Keyset<LedgerRow>(by, ascending), Values[sort], FigurePlace.Parse(place), back, now, size, cancellation)
            : await ByTimeAsync(filter, ascending: sort == "time" && ascending, Guid.TryParse(place, out var id) ? id : null, back, size, cancellation);
        // Who comes back to the beginning sees the first page, whole.
        return back && page.Previous is null ? await PageAsync(filter, sort, ascending, null, back: false, now, size, cancellation) : page;
    }

    private async Task<RequestPage> ByTimeAsync(RequestFilter filter, bool ascending, Guid? place, bool back, int size, CancellationToken cancellation)
    {
        var rows = filter.Apply(db.Requests.AsNoTracking());
        var up = ascending != back;
        if (place is { } id)
        {
            var at = PayloadReader.StartOf(id);
            rows = up
                ? rows.Where(row => row.StartedAt >= at && (row.StartedAt > at || row.Id.CompareTo(id) > 0))
                : rows.Where(row => row.StartedAt <= at && (row.StartedAt < at || row.Id.CompareTo(id) < 0));
        }

        var found = await Sorted(rows, "time", up).Take(size + 1).Select(RequestLine.FromLedger).ToListAsync(cancellation);
        return Cut(found, size, place is not null, back, line => line.Id.ToString(), line => line);
    }

    /// <summary>The page of what was found from a place on or back from it, one more than it holds.</summary>
    private static RequestPage Cut<T>(List<T> found, int size, bool placed, bool back, Func<T, string> place, Func<T, RequestLine> line)
    {
        var more = found.Count > size;
        var shown = more ? found[..size] : found;
        if (back)
            shown.Reverse();
        return new([.. shown.Select(line)], shown.Count > 0 && placed && (more || !back) ? place(shown[0]) : null, shown.Count > 0 && (more || back) ? place(shown[^1]) : null);
    }

    private async Task<RequestPage> ByFigureAsync(RequestFilter filter, Keyset<LedgerRow> order, Func<LedgerRow, long> figure, FigurePlace? place, bool back, DateTimeOffset now, int size, CancellationToken cancellation)
    {
        var until = place?.Until ?? now;
        var rows = filter.Apply(db.Requests.AsNoTracking()).Where(row => row.StartedAt <= until);
        var floor = place is null ? await FloorAsync(rows, cancellation) : place.Floor;
        if (floor is { } from)
            rows = rows.Where(row => row.StartedAt >= from);
        order = back ? order.Reversed : order;
        if (place is not null)
        {
            var (at, id) = (PayloadReader.StartOf(place.Id), place.Id);
            rows = back
                ? order.After(rows, place.Figure, row => row.StartedAt > at || (row.StartedAt == at && row.Id.CompareTo(id) > 0))
                : order.After(rows, place.Figure, row => row.StartedAt < at || (row.StartedAt == at && row.Id.CompareTo(id) < 0));
        }

        var sorted = back ? order.Order(rows).ThenBy(row => row.StartedAt).ThenBy(row => row.Id) : order.Order(rows).ThenByDescending(row => row.StartedAt).ThenByDescending(row => row.Id);
        var found = await sorted.Take(size + 1).ToListAsync(cancellation);
        return Cut(found, size, place is not null, back, row => new FigurePlace(figure(row), row.Id, until, floor).ToString(), RequestLine.Of) with { Bounded = floor is not null };
    }

    /// <summary>The time of the oldest that is sorted; null when all that match are.</summary>
    private static async Task<DateTimeOffset?> FloorAsync(IQueryable<LedgerRow> rows, CancellationToken cancellation)
    {
        var newest = await rows.OrderByDescending(row => row.StartedAt).Take(MostSorted).GroupBy(_ => 1).Select(all => new { Count = all.Count(), Oldest = all.Min(row => row.StartedAt) }).SingleOrDefaultAsync(cancellation);
        return newest?.Count >= MostSorted ? newest.Oldest : null;
    }
}
