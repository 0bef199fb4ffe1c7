using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Operations.Reports;
using Nexus.Web.Pages.Shared.Reports;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>The reports that were made, newest first.</summary>
internal sealed class ReportsModel(NexusDbContext db, JobStarter starter, TableViews tables) : PageModel
{
    private const int PageSize = 50;

    public Fragment Results { get; private set; } = null!;

    public string Token { get; private set; } = "";

    /// <param name="before">Id of the last report of the page before.</param>
    public Task<IActionResult> OnGetAsync(Guid? before, CancellationToken cancellation) => ShowAsync(before, null, null, cancellation);

    public async Task<IActionResult> OnPostMakeAsync(CancellationToken cancellation)
    {
        try
        {
            await starter.StartAsync(ReportsJob.Id, Actor.Of(HttpContext), cancellation);
            return await ShowAsync(null, "They are being made: load this page again in a moment.", null, cancellation);
        }
        catch (FormatException error)
        {
            return await ShowAsync(null, null, error.Message, cancellation);
        }
    }

    private async Task<IActionResult> ShowAsync(Guid? before, string? done, string? problem, CancellationToken cancellation)
    {
        var (state, preferences, instead) = await tables.ReadAsync(KnownTables.Reports, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        var view = await tables.OfAsync(state, preferences, [], HttpContext, cancellation);
        var found = await db.Reports.AsNoTracking().Where(row => before == null || row.Id.CompareTo(before.Value) < 0).OrderByDescending(row => row.Id).Take(PageSize + 1)
            .Select(row => new ReportLine(row.Id, row.Kind, row.Title, row.Summary, row.FromAt, row.ToAt, row.MadeAt)).ToListAsync(cancellation);
        Token = view.Token;
        Results = Fragment.Of<ReportList>(("Reports", found.Take(PageSize).ToList()), ("View", view), ("Older", found.Count > PageSize ? view.With(("before", found[PageSize - 1].Id.ToString())) : null), ("Done", done), ("Problem", problem));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }
}
