using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.Keys;
using Nexus.Web.Capture;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Tables;

namespace Nexus.Web.Pages;

/// <summary>The domains that were seen, have an account or have keys: who pays for them, and what is kept of their requests.</summary>
internal sealed class DomainsModel(DomainParts domains, DomainCapture capture, IOptions<CaptureOptions> options, TableViews tables) : PageModel
{
    public Fragment Results { get; private set; } = null!;

    public Task<IActionResult> OnGetAsync(CancellationToken cancellation) => ShowAsync([], null, null, cancellation);

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellation)
    {
        var domain = Request.Form["domain"].ToString();
        try
        {
            var level = Request.Form["capture"].ToString() is { Length: > 0 } text ? CaptureLevels.Parse(text) : (CaptureLevel?)null;
            await capture.SetAsync(domain, level, Request.Form["reason"].ToString(), Actor.Of(HttpContext), cancellation);
            return await ShowAsync([], null, $"Of {domain}, {(level ?? CaptureLevels.Parse(options.Value.Level)).ToText()} is kept from the next request on.", cancellation);
        }
        catch (KeyProblemException error)
        {
            return await ShowAsync(error.Problems, domain, null, cancellation);
        }
        catch (FormatException error)
        {
            return await ShowAsync([error.Message], domain, null, cancellation);
        }
    }

    private async Task<IActionResult> ShowAsync(IReadOnlyList<string> problems, string? wrong, string? done, CancellationToken cancellation)
    {
        var (state, preferences, instead) = await tables.ReadAsync(KnownTables.Domains, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        var view = await tables.OfAsync(state, preferences, [], HttpContext, cancellation);
        view = view with { Export = "/api/export/domains" + view.Query };
        var parts = await domains.ListAsync(cancellation);
        Results = Fragment.Of<DomainList>(("Domains", parts), ("Default", CaptureLevels.Parse(options.Value.Level).ToText()), ("View", view), ("Token", view.Token), ("Problems", problems), ("Wrong", wrong), ("Done", done));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }
}
