using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Pages.Live;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>The ledger, newest first, paged by key. Its state is in the URL.</summary>
internal sealed class RequestsModel(NexusDbContext db, InFlightSnapshots inFlight, ProxyAddress proxy, TimeProvider time) : PageModel
{
    private const int PageSize = LiveStream.MostRows;

    public RequestFilter Filter { get; private set; } = new();

    public Fragment Filters { get; private set; } = null!;

    public Fragment Results { get; private set; } = null!;

    /// <param name="before">Id of the last request of the page before; an id holds its time.</param>
    public async Task<IActionResult> OnGetAsync(Guid? before, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var zone = ViewerZone.Of(HttpContext);
        Filter = RequestFilter.Read(Request.Query, zone, now);
        Results = await ResultsAsync(before, now, cancellation);
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        Filters = await FiltersAsync(zone, now, cancellation);
        return Page();
    }

    private async Task<Fragment> ResultsAsync(Guid? before, DateTimeOffset now, CancellationToken cancellation)
    {
        var rows = Filter.Apply(db.Requests.AsNoTracking());
        if (before is { } id)
        {
            var at = PayloadReader.StartOf(id);
            rows = rows.Where(row => row.StartedAt < at || (row.StartedAt == at && row.Id.CompareTo(id) < 0));
        }

        var lines = await rows.OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id).Take(PageSize + 1).Select(RequestLine.FromLedger).ToListAsync(cancellation);
        var more = lines.Count > PageSize;
        if (more)
            lines.RemoveAt(PageSize);
        var onTheWay = before is null && Filter.IsOpen ? InFlightRows.Of(inFlight.Current(), Filter) : null;
        return Fragment.Of<RequestResults>(
            ("Rows", lines),
            ("Query", Filter.Query()),
            ("Problems", Filter.Problems),
            ("AnyStored", lines.Count > 0 || !Filter.IsEmpty || before is not null),
            ("Now", now),
            ("InFlight", onTheWay?.Requests ?? []),
            ("MoreInFlight", onTheWay?.More ?? 0),
            ("LiveAddress", onTheWay is null ? null : LiveFeature.Address(Filter, LiveView.Requests, now)),
            ("Older", more ? "/dashboard/requests" + Filter.Query(("before", lines[^1].Id.ToString())) : null),
            ("Newest", before is null ? null : "/dashboard/requests" + Filter.Query()),
            ("ProxyAddress", proxy.For(Request)));
    }

    /// <summary>What the selects offer: the domains and models of the last thirty days.</summary>
    private async Task<Fragment> FiltersAsync(TimeZoneInfo zone, DateTimeOffset now, CancellationToken cancellation)
    {
        var from = now.AddDays(-30);
        var known = await db.Usage1d.AsNoTracking().Where(row => row.Bucket >= from).Select(row => new { row.Domain, row.Model }).Distinct().ToListAsync(cancellation);
        return Fragment.Of<RequestFilters>(
            ("Domains", Sorted(known.Select(row => row.Domain))), ("Models", Sorted(known.Select(row => row.Model))),
            ("Domain", Filter.Domain), ("Model", Filter.Model), ("Outcome", Filter.Outcome), ("Status", Filter.Status),
            ("Range", Filter.Range), ("From", Filter.From), ("To", Filter.To), ("Zone", zone.Id));
    }

    private static List<string> Sorted(IEnumerable<string> known) => [.. known.Where(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal)];
}
