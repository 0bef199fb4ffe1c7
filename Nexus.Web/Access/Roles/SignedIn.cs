using System.Security.Claims;

namespace Nexus.Web.Access.Roles;

/// <summary>Who somebody is to the dashboard, as the ticket of a request says.</summary>
/// <param name="Name">As audit entries call them: an e-mail address or a user's name; <c>dashboard</c> for who came with the key.</param>
/// <param name="Way">How they signed in: <c>key</c>, <c>oidc</c>, <c>sso</c>, or <c>header</c> for a program with the key.</param>
/// <param name="SessionId">Null for a program.</param>
internal sealed record SignedIn(string Name, Role Role, string Way, string? SessionId, DateTimeOffset? Since)
{
    public const string RoleClaim = "nexus:role";
    public const string WayClaim = "nexus:way";
    public const string SessionClaim = "nexus:session";
    public const string SinceClaim = "nexus:since";
    public const string GroupClaim = "nexus:group";

    /// <summary>Whom keys and conversations belong to; null for who came with the key: that is nobody by name.</summary>
    public string? Owner => Way is "oidc" or "sso" ? Name : null;

    /// <summary>Whom a grant is for: a person, or of who came with the key the session alone.</summary>
    public string Grantee => Owner ?? SessionId ?? Name;

    /// <summary>Null for a stranger.</summary>
    public static SignedIn? Of(ClaimsPrincipal principal)
    {
        var identity = principal.Identities.FirstOrDefault(identity => identity.IsAuthenticated && identity.HasClaim(claim => claim.Type == RoleClaim));
        if (identity?.Name is not { } name || RoleNames.Parse(identity.FindFirst(RoleClaim)?.Value) is not { } role)
            return null;
        var since = long.TryParse(identity.FindFirst(SinceClaim)?.Value, out var seconds) ? DateTimeOffset.FromUnixTimeSeconds(seconds) : (DateTimeOffset?)null;
        return new(name, role, identity.FindFirst(WayClaim)?.Value ?? "", identity.FindFirst(SessionClaim)?.Value, since);
    }
}
