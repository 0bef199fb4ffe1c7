using System.Globalization;
using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Pages.Audit;
using Nexus.Web.Pages.Shared.Audit;
using Nexus.Web.Pages.Shared.Tables;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>Who did what, from where, and what it changed.</summary>
internal sealed class AuditModel(NexusDbContext db, TableViews tables, TimeProvider time) : PageModel
{
    private const int PageSize = 100;

    public Fragment Filters { get; private set; } = null!;

    public Fragment Results { get; private set; } = null!;

    /// <param name="before">Place of the last entry of the page before: its time in ticks, a dot, its id.</param>
    public async Task<IActionResult> OnGetAsync(string? before, CancellationToken cancellation)
    {
        var (state, preferences, instead) = await tables.ReadAsync(KnownTables.Audit, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        var filter = AuditFilter.Read(Request.Query, ViewerZone.Of(HttpContext), time.GetUtcNow());
        var view = await tables.OfAsync(state, preferences, filter.Query(), HttpContext, cancellation);
        view = view with { Export = "/api/export/audit" + view.Query };
        var fields = Request.IsHtmx() && Request.Headers["HX-Trigger"] != "filters" ? null : await FieldsAsync(filter, view, cancellation);
        Results = Fragment.Of<AuditTable>(("Part", await ReadAsync(filter, view, before, cancellation)), ("View", view), ("Counted", Request.IsHtmx() ? fields : null));
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        Filters = new(typeof(AuditFilters), fields!);
        return Page();
    }

    private async Task<Dictionary<string, object?>> FieldsAsync(AuditFilter filter, TableView view, CancellationToken cancellation)
    {
        var range = filter.Range;
        var (actions, actors) = await filter.CountsAsync(db.Audit.AsNoTracking(), cancellation);
        return Fragment.Of<AuditFilters>(("Range", range.Name), ("From", range.FromText), ("To", range.ToText), ("Zone", range.Zone.Id), ("Default", AuditFilter.DefaultRange),
            ("Actions", actions), ("Actors", actors), ("Action", filter.Action), ("Actor", filter.Actor), ("Subject", filter.Subject), ("Keep", view.Arrangement), ("CountsOnly", Request.IsHtmx())).Parameters;
    }

    private async Task<AuditPart> ReadAsync(AuditFilter filter, TableView view, string? before, CancellationToken cancellation)
    {
        var rows = filter.Apply(db.Audit.AsNoTracking());
        if (Place(before) is var (at, id))
            rows = view.Ascending ? rows.Where(row => row.At > at || (row.At == at && row.Id > id)) : rows.Where(row => row.At < at || (row.At == at && row.Id < id));
        var found = await AuditFilter.Sorted(rows, view.Ascending).Take(PageSize + 1).ToListAsync(cancellation);
        var last = found.ElementAtOrDefault(PageSize - 1);
        return new([.. found.Take(PageSize).Select(row => new AuditLine(row.Id, row.At, row.Actor, row.Address, row.Action, row.Subject, AuditDetails.Of(row.Details)))], filter.Range.Problem,
            found.Count > PageSize ? view.With(("before", string.Create(CultureInfo.InvariantCulture, $"{last!.At.UtcTicks}.{last.Id}"))) : null, before is null ? null : view.With(), !filter.IsEmpty);
    }

    private static (DateTimeOffset At, long Id)? Place(string? before)
    {
        var parts = (before ?? "").Split('.');
        return parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTimeOffset.MaxValue.UtcTicks && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? (new DateTimeOffset(ticks, TimeSpan.Zero), id) : null;
    }
}
