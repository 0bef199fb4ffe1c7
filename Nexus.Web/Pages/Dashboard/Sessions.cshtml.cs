using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Access.Roles;
using Nexus.Web.Access.SignIn;
using Nexus.Web.Pages.Shared.SignIn;

namespace Nexus.Web.Pages;

/// <summary>One's own sessions, and for administrators everybody's. It needs no database.</summary>
internal sealed class SessionsModel(SessionBook book, Entrance entrance, IAntiforgery antiforgery) : PageModel
{
    public SignedIn Who => SignedIn.Of(HttpContext.User)!;

    public string RoleWords => $"{Who.Role.ToText()}: {DeniedPart.MeaningOf(Who.Role)}";

    public int Hours => (int)book.Lasts.TotalHours;

    public int IdleMinutes => (int)book.Idle.TotalMinutes;

    public Fragment Results { get; private set; } = null!;

    private bool Everybody => Who.Role == Role.Administrator;

    public IActionResult OnGet() => Show(null);

    public IActionResult OnPostEnd(string? id)
    {
        var session = Mine().FirstOrDefault(session => session.Row.Id == id);
        return Show(session is not null && entrance.End(HttpContext, session) ? $"The session of {session.Row.Person} is ended." : "That session had ended already.");
    }

    public IActionResult OnPostOthers()
    {
        var ended = Mine().Count(session => session.Row.Person == Who.Name && session.Row.Id != Who.SessionId && entrance.End(HttpContext, session));
        return Show(ended == 1 ? "One session is ended." : $"{ended} sessions are ended.");
    }

    /// <summary>Who came with the key is nobody by name: those who know it know all of its sessions.</summary>
    private IEnumerable<KnownSession> Mine() => book.Open.Where(session => Everybody || session.Row.Person.Equals(Who.Name, StringComparison.OrdinalIgnoreCase));

    private IActionResult Show(string? done)
    {
        Results = Fragment.Of<SessionList>(
            ("Sessions", Mine().Select(session => SessionPart.Of(session.Row, Who.SessionId)).ToList()), ("Person", Who.Name), ("Everybody", Everybody), ("Done", done),
            ("Token", antiforgery.GetAndStoreTokens(HttpContext).RequestToken!));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }
}
