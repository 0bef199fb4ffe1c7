namespace Nexus.Web.Pages.Shared.SignIn;

/// <summary>An open session, for people.</summary>
/// <param name="Own">The one that looks.</param>
public sealed record SessionPart(string Id, string Person, string Way, string Role, string? Address, string? UserAgent, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, bool Own)
{
    public string WayWords => Way switch { "key" => "dashboard key", "oidc" => "OpenID Connect", _ => "single sign-on" };

    internal static SessionPart Of(Storage.SessionRow row, string? own) => new(row.Id, row.Person, row.Way, row.Role, row.Address, row.UserAgent, row.CreatedAt, row.LastSeenAt, row.Id == own);
}
