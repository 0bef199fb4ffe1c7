using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Access.BreakGlass;
using Nexus.Web.Access.Roles;
using Nexus.Web.Capture;
using Nexus.Web.Operations.Audit;

namespace Nexus.Web.Pages;

/// <summary>Where content needs a reason: the form for it, and the end of what it opened.</summary>
internal sealed class BreakGlassModel(Grants grants) : PageModel
{
    public int Minutes => (int)grants.Lasts.TotalMinutes;

    public static int Least => Grants.LeastCharacters;

    public static int Most => Grants.MostCharacters;

    public string? Problem { get; private set; }

    public string Address { get; private set; } = "";

    private SignedIn Who => SignedIn.Of(HttpContext.User)!;

    public IActionResult OnGet(string? returnUrl) => Show(returnUrl);

    public async Task<IActionResult> OnPostAsync(string? returnUrl, string? reason, CancellationToken cancellation)
    {
        var given = PlainText.Clean(reason, Most + 1)?.Trim() ?? "";
        if (given.Length < Least || given.Length > Most)
        {
            Problem = $"A reason has {Least} to {Most} characters.";
            return Show(returnUrl);
        }

        if (grants.AreNeeded)
            await grants.OpenAsync(Who, given, Actor.Of(HttpContext), cancellation);
        return LocalRedirect(Url.IsLocalUrl(returnUrl) ? returnUrl : "/dashboard/conversations");
    }

    public async Task<IActionResult> OnPostEndAsync(CancellationToken cancellation)
    {
        if (grants.Of(Who) is { } grant)
            await grants.EndAsync(grant, Actor.Of(HttpContext), cancellation);
        return LocalRedirect("/dashboard");
    }

    private PageResult Show(string? returnUrl)
    {
        Address = "/dashboard/break-glass" + (returnUrl is null ? new QueryBuilder() : new QueryBuilder { { "returnUrl", returnUrl } });
        return Page();
    }
}
