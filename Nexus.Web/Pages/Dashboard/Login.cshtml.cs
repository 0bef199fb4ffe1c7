using System.Globalization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using Nexus.Web.Access;
using Nexus.Web.Access.Roles;
using Nexus.Web.Access.SignIn;
using Nexus.Web.Operations.Audit;

namespace Nexus.Web.Pages;

/// <summary>The ways in: a provider, a proxy's word, the key. None of them needs the database.</summary>
[AllowAnonymous]
internal sealed class LoginModel(DashboardKey key, LoginThrottle throttle, AuthFailures failures, Entrance entrance, SsoHeaders sso, RefusalNotes notes, IOptions<OpenIdOptions> openId, AuditTrail trail, ILogger<LoginModel> logger) : PageModel
{
    public bool Wrong { get; private set; }

    /// <summary>Seconds until this address may try again.</summary>
    public int? Wait { get; private set; }

    /// <summary>What went wrong with another way in, in words.</summary>
    public string? Problem { get; private set; }

    /// <summary>What came before, in words.</summary>
    public string? Note { get; private set; }

    /// <summary>The provider's name; null without one.</summary>
    public string? Provider => openId.Value.IsOn ? openId.Value.Name : null;

    /// <summary>Whom a trusted proxy vouches for.</summary>
    public string? Vouched { get; private set; }

    private string ReturnUrl { get; set; } = "";

    /// <summary>Somebody has just signed out: the provider is to ask who is there.</summary>
    private bool Anew { get; set; }

    public async Task<IActionResult> OnGetAsync(string? returnUrl, string? ended, string? problem)
    {
        // Looks at the cookie, which this page asks nobody for.
        var holder = sso.IsOn && (await HttpContext.AuthenticateAsync(Sessions.Scheme)).Principal is { } known ? SignedIn.Of(known) : null;
        ended ??= SessionCookie.HasEnded(HttpContext) ? "ended" : null;
        Begin(returnUrl, ended);
        Problem = problem switch
        {
            null => null,
            "stale" => "This sign-in was begun too long ago, in another browser, or under another address of the dashboard. Begin it again from here.",
            "expired" => $"The answer of {Provider} had expired. Sign in again; if it happens each time, compare the clocks of both machines.",
            "denied" => $"{Provider} did not let you in, or you said no there.",
            "away" => Away,
            _ => $"{Provider} gave an answer that cannot be trusted. The gateway's log says why (event oidc_failed).",
        };
        // A proxy vouches with every request: who comes for the first time need not say so again; who has left must.
        if (Vouched is null || ended is not null || problem is not null)
            return Page();
        return holder is { Way: "sso" } && holder.Name == Vouched ? LocalRedirect(Target) : await VouchedAsync();
    }

    /// <summary>To the provider. It is a link: a form may not lead to another site under the page's policy.</summary>
    public async Task<IActionResult> OnGetOidcAsync(string? returnUrl, bool anew)
    {
        Begin(returnUrl, null);
        if (!openId.Value.IsOn)
            return NotFound();
        var properties = new AuthenticationProperties { RedirectUri = Target };
        if (anew)
            properties.Items[OpenId.Anew] = "";
        try
        {
            await HttpContext.ChallengeAsync(OpenId.Scheme, properties);
            return new EmptyResult();
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or HttpRequestException or TaskCanceledException)
        {
            logger.LogFailed("away", (error.InnerException ?? error).Message);
            Problem = Away;
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Page();
        }
    }

    public Task<IActionResult> OnPostSsoAsync(string? returnUrl)
    {
        Begin(returnUrl, null);
        return VouchedAsync();
    }

    public async Task<IActionResult> OnPostAsync(string? returnUrl)
    {
        Begin(returnUrl, null);
        var address = HttpContext.Connection.RemoteIpAddress;
        if (throttle.Begin(address) is { } wait)
        {
            Wait = (int)Math.Ceiling(wait.TotalSeconds);
            Response.Headers.RetryAfter = Wait.Value.ToString(CultureInfo.InvariantCulture);
            Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return Page();
        }

        if (!key.Matches(Request.Form["key"].ToString()))
        {
            Wrong = true;
            failures.Add();
            trail.NoteFailedLogin(new("nobody", address?.ToString()));
            Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Page();
        }

        throttle.Succeeded(address);
        await entrance.WithKeyAsync(HttpContext);
        return LocalRedirect(Target);
    }

    /// <summary>This page at another way in, on the way to the same place.</summary>
    public string Address(string? handler)
    {
        var query = new QueryBuilder();
        foreach (var (name, value) in new[] { ("handler", handler), ("returnUrl", ReturnUrl.Length > 0 ? ReturnUrl : null), ("anew", handler == "oidc" && Anew ? "true" : null) })
            if (value is not null)
                query.Add(name, value);
        return SessionCookie.LoginPath + query;
    }

    private string Away => $"{Provider} cannot be reached, so nobody can sign in with it now. Try again in a moment; the dashboard key works meanwhile.";

    private string Target => Url.IsLocalUrl(ReturnUrl) ? ReturnUrl : "/dashboard";

    private void Begin(string? returnUrl, string? ended)
    {
        ReturnUrl = returnUrl ?? "";
        Anew = ended is not null;
        Vouched = sso.Read(HttpContext)?.Name;
        Note = ended switch
        {
            null => null,
            "left" => "You are signed out.",
            _ => "Your session was ended. Sign in again.",
        };
    }

    private async Task<IActionResult> VouchedAsync()
    {
        if (sso.Read(HttpContext) is not { } person)
        {
            Problem = "No trusted proxy says who you are. Open the dashboard under the address of your single sign-on.";
            Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Page();
        }

        var (principal, refused) = entrance.Admit(HttpContext, person);
        if (refused is { } why)
            return LocalRedirect("/dashboard/refused" + new QueryBuilder { { "note", notes.Write(new(person.Name, why)) } });
        await HttpContext.SignInAsync(Sessions.Scheme, principal!, Entrance.Properties());
        return LocalRedirect(Target);
    }
}
