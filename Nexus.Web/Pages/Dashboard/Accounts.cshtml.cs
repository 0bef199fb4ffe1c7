using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Shared;

namespace Nexus.Web.Pages;

/// <summary>The accounts: how each stands, what an operator can do about it, and who would be asked next.</summary>
internal sealed class AccountsModel(CredentialFiles files, AccountAdmin admin, IAntiforgery antiforgery, TimeProvider time) : PageModel
{
    public Fragment Results { get; private set; } = null!;

    public string Address => "/dashboard/accounts" + Request.QueryString;

    public IActionResult OnGet(string? domain, string? model, string? session) =>
        Show(null, domain is null ? null : new AccountViews(files, time.GetUtcNow()).Next(domain, model?.Trim() ?? "", session?.Trim() ?? ""));

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellation)
    {
        var (id, actor) = (Request.Form["account"].ToString(), Actor.Of(HttpContext));
        var done = Request.Form["action"].ToString() switch
        {
            "resume" => await admin.SetModeAsync(id, AccountMode.Active, actor, cancellation),
            "drain" => await admin.SetModeAsync(id, AccountMode.Draining, actor, cancellation),
            "pause" => await admin.SetModeAsync(id, AccountMode.Paused, actor, cancellation),
            "refresh" => await admin.RefreshAsync(id, actor, cancellation),
            "test" => await admin.TestAsync(id, actor, cancellation),
            _ => null,
        };
        return done is null ? NotFound() : Show(done, null);
    }

    private IActionResult Show(string? done, NextPick? next)
    {
        IReadOnlyList<string> problems = [.. files.Domains.Order(StringComparer.Ordinal).Where(domain => files.Find(domain)?.Problem is not null).Select(domain => $"{domain}: {files.Find(domain)!.Problem}")];
        Results = Fragment.Of<AccountList>(
            ("Accounts", new AccountViews(files, time.GetUtcNow()).Accounts()),
            ("Domains", (IReadOnlyList<string>)[.. files.Domains.Where(domain => files.Find(domain)?.Problem is null).Order(StringComparer.Ordinal)]),
            ("Warnings", files.Warnings), ("Problems", problems),
            ("SharesLogins", files.All.Any(credential => credential.Accounts.Count(account => account.Kind == AccountKind.OAuth) > 1)),
            ("Next", next), ("Done", done), ("Token", antiforgery.GetAndStoreTokens(HttpContext).RequestToken));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }
}
