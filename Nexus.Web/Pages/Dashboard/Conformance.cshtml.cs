using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Conformance;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Shared;

namespace Nexus.Web.Pages;

/// <summary>The wire contract run against this node, and how it came out last.</summary>
internal sealed class ConformanceModel(ConformanceRun run, AuditTrail trail, IAntiforgery antiforgery) : PageModel
{
    public Fragment Results { get; private set; } = null!;

    public IActionResult OnGet() => Show(null);

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellation)
    {
        trail.Note(Actor.Of(HttpContext), "conformance.run", Environment.MachineName);
        return Show(await run.RunAsync(null, cancellation) is null ? "Another run is under way. It takes seconds: look again in a moment." : null);
    }

    private IActionResult Show(string? problem)
    {
        Results = Fragment.Of<ConformanceResults>(("Report", run.Last), ("Token", antiforgery.GetAndStoreTokens(HttpContext).RequestToken), ("Problem", problem));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }
}
