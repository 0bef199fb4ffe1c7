using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Access;

namespace Nexus.Web.Pages;

[AllowAnonymous]
internal sealed class LoginModel(DashboardKey key, TimeProvider time) : PageModel
{
    public bool Wrong { get; private set; }

    public async Task<IActionResult> OnPostAsync(string? returnUrl)
    {
        var given = Request.Form["key"].ToString();
        if (!key.Matches(given))
        {
            // A pause makes guessing slow; it holds no thread and ends when the caller leaves.
            await Task.Delay(TimeSpan.FromSeconds(1), time, HttpContext.RequestAborted);
            Wrong = true;
            Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Page();
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "dashboard"), new Claim(Sessions.KeyFingerprint, key.Fingerprint)], Sessions.Scheme);
        await HttpContext.SignInAsync(Sessions.Scheme, new ClaimsPrincipal(identity), new AuthenticationProperties { IsPersistent = true });
        return LocalRedirect(Url.IsLocalUrl(returnUrl) ? returnUrl : "/dashboard");
    }
}
