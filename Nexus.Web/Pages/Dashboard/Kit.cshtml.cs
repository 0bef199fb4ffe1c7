using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Pages;

/// <summary>In development: every part that pages are made of, to look at and to test in a browser.</summary>
internal sealed class KitModel(IHostEnvironment environment, TimeProvider time) : PageModel
{
    public Fragment Samples { get; private set; } = null!;

    public IActionResult OnGet()
    {
        if (!environment.IsDevelopment())
            return NotFound();
        var range = TimeRange.Read(Request.Query, ViewerZone.Of(HttpContext), time.GetUtcNow());
        Samples = Fragment.Of<KitSamples>(("Range", new KitRange(range.Name, range.FromText, range.ToText, range.Zone.Id, range.Intervals(), range.To, range.Problem)));
        return Page();
    }

    public IActionResult OnGetToast() => environment.IsDevelopment() ? new ComponentResult(Fragment.Of<Toast>(("Message", "Saved."), ("Tone", "good"))) : NotFound();
}
