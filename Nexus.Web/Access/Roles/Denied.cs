namespace Nexus.Web.Access.Roles;

internal enum DeniedFor
{
    Role,

    /// <summary>Content needs a reason first (BREAK_GLASS).</summary>
    Reason,

    /// <summary>Whose content it is cannot be found out.</summary>
    Database,

    /// <summary>A form or a script of another site could have sent this.</summary>
    Forgery,
}

/// <summary>Why somebody who is signed in may not do what was asked.</summary>
internal sealed record Denied(DeniedFor Why, SignedIn Who, Role Needed)
{
    public string Message => Why switch
    {
        DeniedFor.Reason => "The content of others needs a reason: open it on the dashboard, or send the header X-Break-Glass-Reason.",
        DeniedFor.Forgery => "A change with a session needs the page's antiforgery token. Programs send the dashboard key in X-Dashboard-Key instead.",
        _ => $"This needs the role {Needed.ToText()}. {Who.Name} has the role {Who.Role.ToText()}.",
    };
}
