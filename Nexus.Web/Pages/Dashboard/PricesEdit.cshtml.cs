using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Prices;
using Nexus.Web.Pages.Shared.Prices;
using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Pages;

/// <summary>Edits the newest price list as text fields; what is saved is a new version.</summary>
internal sealed class PricesEditModel(PriceBook prices, PriceLists lists, RepricePages repricing, IAntiforgery antiforgery) : PageModel
{
    public int BasedOn { get; private set; }

    public Fragment Editor { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation)
    {
        await prices.ReloadAsync(cancellation);
        var list = prices.All.LastOrDefault();
        BasedOn = list?.Version ?? 0;
        return Show([.. (list?.Rules ?? []).Select(PriceForm.Fields)], "", []);
    }

    /// <param name="basedOn">The version that was loaded for editing.</param>
    /// <param name="order">The button: <c>save</c>, <c>whatif</c> (nothing is saved), or a change of the form (<see cref="PriceForm.Rearrange"/>).</param>
    public async Task<IActionResult> OnPostAsync(int basedOn, string? note, [FromForm(Name = "do")] string? order, CancellationToken cancellation)
    {
        BasedOn = basedOn;
        note ??= "";
        var fields = PriceForm.Read(Request.Form);
        if (order is not (null or "save" or "whatif"))
        {
            PriceForm.Rearrange(fields, order);
            return Show(fields, note, []);
        }

        var (rules, problems) = PriceForm.Parse(fields);
        if (problems.Count > 0)
            return Show(fields, note, problems);
        if (order == "whatif")
            return PriceChecks.Problems(rules) is { Count: > 0 } wrong ? Show(fields, note, wrong) : Show(fields, note, [], await repricing.WhatIfAsync(rules, cancellation));
        var (version, refused) = await lists.SaveAsync(basedOn, rules, note, Actor.Of(HttpContext), cancellation);
        if (version is null)
            return Show(fields, note, refused);
        var next = $"/dashboard/prices?saved={version}";
        if (!Request.IsHtmx())
            return Redirect(next);
        Response.Htmx(headers => headers.Redirect(next));
        return new OkResult();
    }

    private IActionResult Show(IReadOnlyList<PriceRuleFields> fields, string note, IReadOnlyList<string> problems, RepricePreview? whatIf = null)
    {
        Editor = Fragment.Of<PriceEditor>(("Rules", fields), ("BasedOn", BasedOn), ("Token", antiforgery.GetAndStoreTokens(HttpContext).RequestToken), ("Note", note), ("Problems", problems), ("WhatIf", whatIf));
        return Request.IsHtmx() ? new ComponentResult(Editor) : Page();
    }
}
