using System.Globalization;
using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Pages.Audit;
using Nexus.Web.Pages.Shared.Audit;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>Who did what, from where, and what it changed.</summary>
internal sealed class AuditModel(NexusDbContext db, TimeProvider time) : PageModel
{
    private const int PageSize = 100;
    private const int MostChoices = 100;

    public Fragment Filters { get; private set; } = null!;

    public Fragment Results { get; private set; } = null!;

    /// <param name="before">Place of the last entry of the page before: its time in ticks, a dot, its id.</param>
    public async Task<IActionResult> OnGetAsync(string? before, CancellationToken cancellation)
    {
        var filter = AuditFilter.Read(Request.Query, ViewerZone.Of(HttpContext), time.GetUtcNow());
        Results = Fragment.Of<AuditTable>(("Part", await ReadAsync(filter, before, cancellation)));
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        var range = filter.Range;
        var actions = await db.Audit.AsNoTracking().Select(row => row.Action).Distinct().OrderBy(action => action).Take(MostChoices).ToListAsync(cancellation);
        var actors = await db.Audit.AsNoTracking().Select(row => row.Actor).Distinct().OrderBy(actor => actor).Take(MostChoices).ToListAsync(cancellation);
        Filters = Fragment.Of<AuditFilters>(("Range", range.Name), ("From", range.FromText), ("To", range.ToText), ("Zone", range.Zone.Id), ("Default", AuditFilter.DefaultRange),
            ("Actions", FilterOption.Of(actions)), ("Actors", FilterOption.Of(actors)), ("Action", filter.Action), ("Actor", filter.Actor), ("Subject", filter.Subject));
        return Page();
    }

    private async Task<AuditPart> ReadAsync(AuditFilter filter, string? before, CancellationToken cancellation)
    {
        var rows = filter.Apply(db.Audit.AsNoTracking());
        if (Place(before) is var (at, id))
            rows = rows.Where(row => row.At < at || (row.At == at && row.Id < id));
        var found = await rows.OrderByDescending(row => row.At).ThenByDescending(row => row.Id).Take(PageSize + 1).ToListAsync(cancellation);
        var query = QueryHelpers.AddQueryString("", filter.Query().Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Name, pair.Value)));
        var last = found.ElementAtOrDefault(PageSize - 1);
        return new([.. found.Take(PageSize).Select(row => new AuditLine(row.Id, row.At, row.Actor, row.Address, row.Action, row.Subject, AuditDetails.Of(row.Details)))], filter.Range.Problem, query,
            found.Count > PageSize ? "/dashboard/audit" + QueryHelpers.AddQueryString(query, "before", string.Create(CultureInfo.InvariantCulture, $"{last!.At.UtcTicks}.{last.Id}")) : null, !filter.IsEmpty);
    }

    private static (DateTimeOffset At, long Id)? Place(string? before)
    {
        var parts = (before ?? "").Split('.');
        return parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTimeOffset.MaxValue.UtcTicks && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? (new DateTimeOffset(ticks, TimeSpan.Zero), id) : null;
    }
}
