using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Pages.Jobs;
using Nexus.Web.Pages.Shared.Jobs;

namespace Nexus.Web.Pages;

/// <summary>One job: its runs with what they logged, and its line of the schedule to be changed.</summary>
internal sealed class JobModel(JobPages pages, JobPlans plans, JobStarter starter, IAntiforgery antiforgery) : PageModel
{
    public JobLine Line { get; private set; } = null!;

    public Fragment View { get; private set; } = null!;

    public Task<IActionResult> OnGetAsync(string id, CancellationToken cancellation) => ShowAsync(id, null, null, null, cancellation);

    public async Task<IActionResult> OnGetRunsAsync(string id, CancellationToken cancellation) => Request.IsHtmx()
        ? new ComponentResult(Fragment.Of<JobRunList>([.. await RunsAsync(id, null, cancellation), ("Job", id)]))
        : await ShowAsync(id, null, null, null, cancellation);

    public Task<IActionResult> OnPostRunAsync(string id, CancellationToken cancellation) =>
        ActAsync(id, "It starts within seconds.", null, actor => starter.StartAsync(id, actor, cancellation), cancellation);

    public Task<IActionResult> OnPostPauseAsync(string id, bool paused, CancellationToken cancellation) =>
        ActAsync(id, paused ? "Paused: the clock does not start it any more." : "Resumed.", null, actor => plans.PauseAsync(id, paused, actor, cancellation), cancellation);

    public Task<IActionResult> OnPostResetAsync(string id, CancellationToken cancellation) =>
        ActAsync(id, "It runs as Nexus ships it again.", null, actor => plans.ResetAsync(id, actor, cancellation), cancellation);

    public Task<IActionResult> OnPostChangeAsync(string id, CancellationToken cancellation)
    {
        var fields = JobPages.Read(Request.Form);
        return ActAsync(id, "Saved.", fields, actor => plans.ChangeAsync(id, JobPages.ToChange(fields), actor, cancellation), cancellation);
    }

    private async Task<IActionResult> ActAsync(string id, string done, JobFields? fields, Func<Actor, Task> act, CancellationToken cancellation)
    {
        try
        {
            await act(Actor.Of(HttpContext));
            return await ShowAsync(id, done, null, null, cancellation);
        }
        catch (FormatException error)
        {
            return await ShowAsync(id, null, fields, error.Message, cancellation);
        }
    }

    private async Task<(string Name, object? Value)[]> RunsAsync(string id, Guid? before, CancellationToken cancellation)
    {
        var runs = await pages.RunsAsync(id, before, cancellation);
        return [("Runs", runs), ("Older", runs.Count == JobPages.Trend ? runs[^1].Id : null)];
    }

    private async Task<IActionResult> ShowAsync(string id, string? done, JobFields? fields, string? problem, CancellationToken cancellation)
    {
        if (await pages.FindAsync(id, cancellation) is not { } line)
            return NotFound();
        Line = line;
        Guid? before = Guid.TryParse(Request.Query["before"], out var last) ? last : null;
        View = Fragment.Of<JobView>([("Job", line), .. await RunsAsync(id, before, cancellation), ("Token", antiforgery.GetAndStoreTokens(HttpContext).RequestToken), ("Fields", fields ?? line.Fields), ("Problem", problem), ("Done", done), ("First", before is not null)]);
        return Request.IsHtmx() ? new ComponentResult(View) : Page();
    }
}
