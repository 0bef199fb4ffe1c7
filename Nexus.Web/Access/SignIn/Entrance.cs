using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Nexus.Web.Access.Roles;
using Nexus.Web.Operations.Audit;

namespace Nexus.Web.Access.SignIn;

/// <summary>Begins and ends sessions, and writes both into the audit log. It needs no database.</summary>
internal sealed class Entrance(DashboardKey key, Admission admission, SessionBook book, AuditTrail trail)
{
    public async Task WithKeyAsync(HttpContext context)
    {
        var session = book.Begin(context, Ticket.KeyName, "key", Role.Administrator);
        await context.SignInAsync(Sessions.Scheme, Ticket.OfKey(key, session), Properties());
        Note(context, session);
    }

    /// <summary>Whom a provider or a proxy vouches for; the caller signs the principal in.</summary>
    /// <returns>Why they are refused; null with a principal.</returns>
    public (ClaimsPrincipal? Principal, Refused? Refused) Admit(HttpContext context, Person person)
    {
        var (role, refused) = admission.Decide(person);
        if (refused is { } why)
            return (null, Refuse(context, person, why));
        if ((person.Way == "sso" ? book.Like(context, person.Name, person.Way, role) : null) is not { } session)
        {
            session = book.Begin(context, person.Name, person.Way, role);
            Note(context, session);
        }

        return (Ticket.OfPerson(session, role, admission.Telling(person.Groups)), null);
    }

    public Refused Refuse(HttpContext context, Person person, Refused why)
    {
        trail.NoteRefused(Actor.Of(context), person.Name, new { why = why.ToString().ToLowerInvariant(), way = person.Way });
        return why;
    }

    public static AuthenticationProperties Properties() => new() { IsPersistent = true };

    /// <summary>Ends one's own.</summary>
    public async Task LeaveAsync(HttpContext context)
    {
        var actor = Actor.Of(context);
        trail.Note(actor, "login.ended", "dashboard");
        if (SignedIn.Of(context.User) is { SessionId: { } id })
            book.End(id, actor.Name);
        await context.SignOutAsync(Sessions.Scheme);
    }

    /// <summary>Somebody ends a session, another's or one of their own.</summary>
    public bool End(HttpContext context, KnownSession session)
    {
        var actor = Actor.Of(context);
        if (!book.End(session.Row.Id, actor.Name))
            return false;
        trail.Note(actor, "session.revoked", session.Row.Id, new { session.Row.Person, session.Row.Way, session.Row.Address, session.Row.CreatedAt });
        return true;
    }

    private void Note(HttpContext context, KnownSession session) =>
        trail.Note(new(session.Row.Person, context.Connection.RemoteIpAddress?.ToString()), "login.succeeded", "dashboard", new { way = session.Row.Way, role = session.Row.Role, session = session.Row.Id });
}
