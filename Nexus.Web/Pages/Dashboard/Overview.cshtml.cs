using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Pages.Live;
using Nexus.Web.Pages.Morning;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Morning;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>The page for the morning: what somebody has to know, then what flows by, then figures in detail. Figures are the rollups', errors are found by their index, and the last lines by the ledger's key: it costs the same at any size of the ledger.</summary>
internal sealed class OverviewModel(MorningPages morning, InFlightSnapshots inFlight, NexusDbContext db, ProxyAddress proxy, TimeProvider time) : PageModel
{
    public Fragment Morning { get; private set; } = null!;

    public Fragment InFlight { get; private set; } = null!;

    public Fragment Tail { get; private set; } = null!;

    public Fragment Details { get; private set; } = null!;

    public string LiveAddress { get; private set; } = "";

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var lines = await LinesAsync(cancellation);
        var view = await morning.ReadAsync(ViewerZone.Of(HttpContext), lines.Count > 0, proxy.For(Request), cancellation);
        if (Request.IsHtmx())
            return new ComponentResult(Fragment.Of<OverviewAnswer>(("View", view)));
        var rows = InFlightRows.Of(inFlight.Current(), new RequestFilter());
        InFlight = Fragment.Of<InFlightList>(("Requests", rows.Requests), ("More", rows.More), ("Now", now));
        (Morning, Details, Tail) = (Fragment.Of<MorningView>(("View", view)), Fragment.Of<OverviewDetails>(("View", view)), Fragment.Of<LiveTail>(("Rows", lines)));
        LiveAddress = LiveFeature.Address(new RequestFilter(), LiveView.Overview, now);
        return Page();
    }

    /// <summary>The last rows anew, for a page that may have missed some.</summary>
    public async Task<IActionResult> OnGetTailAsync(CancellationToken cancellation) =>
        new ComponentResult(Fragment.Of<TailRows>(("Rows", await LinesAsync(cancellation))));

    private Task<List<RequestLine>> LinesAsync(CancellationToken cancellation) =>
        db.Requests.AsNoTracking().OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id).Take(LiveTail.First).Select(RequestLine.FromLedger).ToListAsync(cancellation);
}
