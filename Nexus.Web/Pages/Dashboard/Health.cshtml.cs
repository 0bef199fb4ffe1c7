using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Health;
using Nexus.Web.Pages.Shared.Health;

namespace Nexus.Web.Pages;

/// <summary>How each check stands, and as what Nexus runs. It shows what was last seen, so it answers with the database away, too.</summary>
internal sealed class HealthModel(CheckBoard board, IOptions<DataOptions> data, BackupStore backups, IAntiforgery antiforgery) : PageModel
{
    public Fragment Results { get; private set; } = null!;

    public Fragment Runtime { get; private set; } = null!;

    public IActionResult OnGet() => Show();

    /// <summary>Looks at everything now; each check has its own time-out.</summary>
    public async Task<IActionResult> OnPostCheckAsync(CancellationToken cancellation)
    {
        await board.RefreshAsync(cancellation);
        return Request.IsHtmx() ? Show() : RedirectToPage();
    }

    private IActionResult Show()
    {
        Results = Fragment.Of<CheckList>(("Checks", board.States.Select(Line).ToList()), ("Token", antiforgery.GetAndStoreTokens(HttpContext).RequestToken));
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        Runtime = Fragment.Of<RuntimeView>(("Facts", Line(RuntimeFacts.Read(data, backups))));
        return Page();
    }

    private static CheckLine Line(CheckState check) => new(check.Title, check.State, check.Since, check.CheckedAt, check.Summary, check.Fix, check.LastError, check.LastErrorAt);

    private static RuntimeLine Line(RuntimeFacts facts) => new(
        facts.User, facts.IsRoot, facts.Capabilities, facts.NoNewPrivileges, facts.Version, facts.Runtime, facts.System, facts.Machine, facts.Processors, facts.HeapLimit,
        [.. facts.Places.Select(place => new PlaceLine(place.Name, place.Path, place.Mode, place.MayWrite, place.Mount?.Point, place.Mount?.Type, place.Mount?.IsReadOnly == true))]);
}
