using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Pages.Live;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Tables;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>The ledger, newest first or sorted by a figure, paged by key. Its state is in the URL.</summary>
internal sealed class RequestsModel(NexusDbContext db, InFlightSnapshots inFlight, ProxyAddress proxy, RequestOrder order, TableViews tables, TimeProvider time) : PageModel
{
    private const int PageSize = LiveStream.MostRows;

    public Fragment Filters { get; private set; } = null!;

    public Fragment Results { get; private set; } = null!;

    /// <param name="before">Where the page before ended; of the order by time the id of its last request, which holds its time.</param>
    /// <param name="after">Where the page after begins, for who goes back; in its stead.</param>
    public async Task<IActionResult> OnGetAsync(string? before, string? after, CancellationToken cancellation)
    {
        var (place, back) = string.IsNullOrEmpty(after) ? (before, false) : (after, true);
        var (state, preferences, instead) = await tables.ReadAsync(KnownTables.Requests, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        // The pages of one order share their first page's time, which they carry in milliseconds.
        var now = DateTimeOffset.FromUnixTimeMilliseconds((RequestOrder.IsFigure(state.Sort) ? FigurePlace.Parse(place)?.Until ?? time.GetUtcNow() : time.GetUtcNow()).ToUnixTimeMilliseconds());
        var filter = RequestFilter.Read(Request.Query, ViewerZone.Of(HttpContext), now);
        if (RequestOrder.IsFigure(state.Sort) && !(filter.Length(now) <= RequestOrder.Longest))
        {
            filter = filter.Without($"Sorting by a figure needs a time range of at most {RequestOrder.Longest.Days} days.");
            state = state.Unsorted();
        }

        var view = await tables.OfAsync(state, preferences, filter.Pairs, HttpContext, cancellation);
        var fields = await FieldsAsync(filter, view, now, cancellation);
        Results = await ResultsAsync(filter, view, place, back, fields, now, cancellation);
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        Filters = new(typeof(RequestFilters), fields!);
        return Page();
    }

    private async Task<Fragment> ResultsAsync(RequestFilter filter, TableView view, string? place, bool back, Dictionary<string, object?>? fields, DateTimeOffset now, CancellationToken cancellation)
    {
        var page = await order.PageAsync(filter, view.Sort, view.Ascending, place, back, now, PageSize, cancellation);
        var isFirst = place is null || (back && page.Previous is null);
        var onTheWay = isFirst && filter.IsOpen && view.Sort is null ? InFlightRows.Of(inFlight.Current(), filter) : null;
        var query = view.Query;
        // Who has come back to the first page is at its own address, which goes on with what is new.
        if (back && isFirst)
            Response.Htmx(headers => headers.PushUrl("/dashboard/requests" + query));
        string Address(string name, string value) => Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString("/dashboard/requests" + query, name, value);
        return Fragment.Of<RequestResults>(
            ("Rows", page.Lines),
            ("View", view with { Export = "/api/export/requests" + query, SortNeeds = filter.Length(now) <= RequestOrder.Longest ? [] : [("range", "24h")] }),
            ("Problems", filter.Problems),
            ("Bounded", page.Bounded),
            ("MostSorted", RequestOrder.MostSorted),
            ("AnyStored", page.Lines.Count > 0 || !filter.IsEmpty || !isFirst),
            ("Now", now),
            ("InFlight", onTheWay?.Requests ?? []),
            ("MoreInFlight", onTheWay?.More ?? 0),
            ("LiveAddress", onTheWay is null ? null : LiveFeature.Address(filter, LiveView.Requests, now, view.Shown.Select(column => column.Name))),
            ("Older", page.Next is { } next ? Address("before", next) : null),
            ("Newer", page.Previous is { } previous ? Address("after", previous) : null),
            ("Newest", isFirst ? null : "/dashboard/requests" + query),
            ("Counted", Request.IsHtmx() ? fields : null),
            ("ProxyAddress", proxy.For(Request)));
    }

    /// <summary>The filters' fields with their counts; null where the page's own stay as they are: nobody changed a filter.</summary>
    private async Task<Dictionary<string, object?>?> FieldsAsync(RequestFilter filter, TableView view, DateTimeOffset now, CancellationToken cancellation)
    {
        if (Request.IsHtmx() && Request.Headers["HX-Trigger"] != "filters")
            return null;
        var counts = await RequestCounts.ReadAsync(db, filter, now, cancellation);
        return Fragment.Of<RequestFilters>(
            ("Domains", counts.Domains), ("Models", counts.Models), ("Errors", counts.Errors), ("Keep", view.Arrangement), ("CountsOnly", Request.IsHtmx()),
            ("Domain", filter.Domain), ("Model", filter.Model), ("Outcome", filter.Outcome), ("Status", filter.Status),
            ("Range", filter.Range), ("From", filter.From), ("To", filter.To), ("Zone", ViewerZone.Of(HttpContext).Id)).Parameters;
    }
}
