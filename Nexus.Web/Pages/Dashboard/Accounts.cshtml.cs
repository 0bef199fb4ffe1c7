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

    public Fragment Next { get; private set; } = null!;

    public IActionResult OnGet(string? domain, string? model, string? session)
    {
        var next = domain is null ? null : new AccountViews(files, time.GetUtcNow()).Next(domain, model?.Trim() ?? "", session?.Trim() ?? "");
        Next = Fragment.Of<NextPickView>(("Domains", Domains()), ("Next", next));
        return domain is not null && Request.IsHtmx() ? new ComponentResult(Next) : Show(null);
    }

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
        if (done is null)
            return NotFound();
        Next = Fragment.Of<NextPickView>(("Domains", Domains()));
        return Show(done);
    }

    private IReadOnlyList<string> Domains() => [.. files.Domains.Where(domain => files.Find(domain)?.Problem is null).Order(StringComparer.Ordinal)];

    private IActionResult Show(string? done)
    {
        IReadOnlyList<string> problems = [.. files.Domains.Order(StringComparer.Ordinal).Where(domain => files.Find(domain)?.Problem is not null).Select(domain => $"{domain}: {files.Find(domain)!.Problem}")];
        Results = Fragment.Of<AccountList>(
            ("Accounts", new AccountViews(files, time.GetUtcNow()).Accounts()),
            ("Warnings", files.Warnings), ("Problems", problems),
            ("SharesLogins", files.All.Any(credential => credential.Accounts.Count(account => account.Kind == AccountKind.OAuth) > 1)),
            ("Done", done), ("Token", antiforgery.GetAndStoreTokens(HttpContext).RequestToken));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }
}
