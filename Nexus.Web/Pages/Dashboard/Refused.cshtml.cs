using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.SignIn;

namespace Nexus.Web.Pages;

/// <summary>Says to somebody whom a provider or a proxy vouches for why they are not let in, and whom to ask.</summary>
[AllowAnonymous]
internal sealed class RefusedModel(RefusalNotes notes, IOptions<SignInOptions> options) : PageModel
{
    public string Why { get; private set; } = "";

    public string Contact => options.Value.Contact;

    public IActionResult OnGet(string? note)
    {
        if (notes.Read(note) is not { } refusal)
            return LocalRedirect(SessionCookie.LoginPath);
        Why = refusal.Why switch
        {
            Refused.Name => "You were signed in by a name that Nexus cannot use: it takes an e-mail address or a user's name of plain letters.",
            Refused.Unverified => $"The provider does not say that {refusal.Name} is a verified address. Where it verifies all addresses and never says so, OIDC_TRUST_EMAIL=true lets them in.",
            Refused.Domain => $"{refusal.Name} is not an address of a domain that may sign in here.",
            Refused.Group => $"{refusal.Name} is in none of the groups that may sign in here.",
            _ => $"You are {refusal.Name}, and nobody has given you a role here yet.",
        };
        Response.StatusCode = StatusCodes.Status403Forbidden;
        return Page();
    }
}
