namespace Nexus.Web.Access.BreakGlass;

/// <summary>That somebody may see the content of others for a while, because they said why.</summary>
/// <param name="Grantee">As <see cref="Roles.SignedIn.Grantee"/>.</param>
/// <param name="Person">By name.</param>
internal sealed record Grant(Guid Id, string Grantee, string Person, string Reason, DateTimeOffset GrantedAt, DateTimeOffset EndsAt);
