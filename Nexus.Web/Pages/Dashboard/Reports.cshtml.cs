using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Operations.Reports;
using Nexus.Web.Pages.Shared.Reports;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>The reports that were made, newest first.</summary>
internal sealed class ReportsModel(NexusDbContext db, JobStarter starter, IAntiforgery antiforgery) : PageModel
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
        var found = await db.Reports.AsNoTracking().Where(row => before == null || row.Id.CompareTo(before.Value) < 0).OrderByDescending(row => row.Id).Take(PageSize + 1)
            .Select(row => new ReportLine(row.Id, row.Kind, row.Title, row.Summary, row.FromAt, row.ToAt, row.MadeAt)).ToListAsync(cancellation);
        Token = antiforgery.GetAndStoreTokens(HttpContext).RequestToken!;
        Results = Fragment.Of<ReportList>(("Reports", found.Take(PageSize).ToList()), ("Older", found.Count > PageSize ? $"/dashboard/reports?before={found[PageSize - 1].Id}" : null), ("Done", done), ("Problem", problem));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }
}
