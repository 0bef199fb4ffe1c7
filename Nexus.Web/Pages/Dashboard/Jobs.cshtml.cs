using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Pages.Jobs;
using Nexus.Web.Pages.Shared.Jobs;
using Nexus.Web.Pages.Tables;

namespace Nexus.Web.Pages;

/// <summary>Every job: how its last run went, when the next one is, and a button that starts it now.</summary>
internal sealed class JobsModel(JobPages pages, JobStarter starter, TableViews tables) : PageModel
{
    public Fragment Results { get; private set; } = null!;

    public Task<IActionResult> OnGetAsync(CancellationToken cancellation) => ShowAsync(null, null, cancellation);

    public async Task<IActionResult> OnPostRunAsync(string job, CancellationToken cancellation)
    {
        try
        {
            await starter.StartAsync(job, Actor.Of(HttpContext), cancellation);
            return await ShowAsync($"{job} starts within seconds.", null, cancellation);
        }
        catch (FormatException error)
        {
            return await ShowAsync(null, error.Message, cancellation);
        }
    }

    private async Task<IActionResult> ShowAsync(string? done, string? problem, CancellationToken cancellation)
    {
        var (state, preferences, instead) = await tables.ReadAsync(KnownTables.Jobs, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        var view = await tables.OfAsync(state, preferences, [], HttpContext, cancellation);
        Results = Fragment.Of<JobList>(("Jobs", await pages.ListAsync(null, cancellation)), ("View", view), ("Token", view.Token), ("Done", done), ("Problem", problem));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }
}
