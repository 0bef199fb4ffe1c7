using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Access.Roles;
using Nexus.Web.Access.SignIn;
using Nexus.Web.Pages.Shared.SignIn;
using Nexus.Web.Pages.Tables;

namespace Nexus.Web.Pages;

/// <summary>One's own sessions, and for administrators everybody's. It needs no database.</summary>
internal sealed class SessionsModel(SessionBook book, Entrance entrance, TableViews tables) : PageModel
{
    public SignedIn Who => SignedIn.Of(HttpContext.User)!;

    public string RoleWords => $"{Who.Role.ToText()}: {DeniedPart.MeaningOf(Who.Role)}";

    public int Hours => (int)book.Lasts.TotalHours;

    public int IdleMinutes => (int)book.Idle.TotalMinutes;

    public Fragment Results { get; private set; } = null!;

    private bool Everybody => Who.Role == Role.Administrator;

    public Task<IActionResult> OnGetAsync(CancellationToken cancellation) => ShowAsync(null, cancellation);

    public Task<IActionResult> OnPostEndAsync(string? id, CancellationToken cancellation)
    {
        var session = Mine().FirstOrDefault(session => session.Row.Id == id);
        return ShowAsync(session is not null && entrance.End(HttpContext, session) ? $"The session of {session.Row.Person} is ended." : "That session had ended already.", cancellation);
    }

    public Task<IActionResult> OnPostOthersAsync(CancellationToken cancellation)
    {
        var ended = Mine().Count(session => session.Row.Person == Who.Name && session.Row.Id != Who.SessionId && entrance.End(HttpContext, session));
        return ShowAsync(ended == 1 ? "One session is ended." : $"{ended} sessions are ended.", cancellation);
    }

    /// <summary>Who came with the key is nobody by name: those who know it know all of its sessions.</summary>
    private IEnumerable<KnownSession> Mine() => book.Open.Where(session => Everybody || session.Row.Person.Equals(Who.Name, StringComparison.OrdinalIgnoreCase));

    private async Task<IActionResult> ShowAsync(string? done, CancellationToken cancellation)
    {
        var table = KnownTables.Sessions;
        if (!Everybody)
            table = table with { Columns = [.. table.Columns.Where(column => column.Name != "who")] };
        var (state, preferences, instead) = await tables.ReadAsync(table, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        var view = await tables.OfAsync(state, preferences, [], HttpContext, cancellation);
        var sessions = RowOrder.By([.. Mine().Select(session => SessionPart.Of(session.Row, Who.SessionId))], view.Sort, view.Ascending, (session, column) => column switch
        {
            "who" => session.Person,
            "with" => session.WayWords,
            "role" => session.Role,
            "from" => session.Address,
            "since" => session.CreatedAt,
            _ => session.LastSeenAt,
        });
        Results = Fragment.Of<SessionList>(
            ("Sessions", sessions), ("View", view), ("Person", Who.Name), ("Everybody", Everybody), ("Done", done),
            ("Token", view.Token));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }
}
