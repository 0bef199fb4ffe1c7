using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Access;
using Nexus.Web.Operations.Audit;

namespace Nexus.Web.Pages;

[AllowAnonymous]
internal sealed class LoginModel(DashboardKey key, LoginThrottle throttle, AuthFailures failures, AuditTrail trail) : PageModel
{
    public bool Wrong { get; private set; }

    /// <summary>Seconds until this address may try again.</summary>
    public int? Wait { get; private set; }

    public async Task<IActionResult> OnPostAsync(string? returnUrl)
    {
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
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "dashboard"), new Claim(Sessions.KeyFingerprint, key.Fingerprint)], Sessions.Scheme);
        await HttpContext.SignInAsync(Sessions.Scheme, new ClaimsPrincipal(identity), new AuthenticationProperties { IsPersistent = true });
        trail.Note(new("dashboard", address?.ToString()), "login.succeeded", "dashboard");
        return LocalRedirect(Url.IsLocalUrl(returnUrl) ? returnUrl : "/dashboard");
    }
}
