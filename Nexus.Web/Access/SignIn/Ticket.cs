using System.Globalization;
using System.Security.Claims;
using Nexus.Web.Access.Roles;

namespace Nexus.Web.Access.SignIn;

/// <summary>What the sealed cookie says of somebody.</summary>
internal static class Ticket
{
    public const string KeyName = "dashboard";

    /// <summary>
    /// Who somebody is, however often they sign in: what the tokens of forms are bound to. Without it they would be bound to all claims,
    /// and a sign-in in one tab would break the open forms of each other. What somebody may is not of it: that is asked with each request.
    /// </summary>
    private const string SubjectClaim = "sub";

    public static ClaimsPrincipal OfKey(DashboardKey key, KnownSession session) =>
        Of(session, Role.Administrator, new Claim(Sessions.KeyFingerprint, key.Fingerprint));

    /// <param name="groups">Those that decide something.</param>
    public static ClaimsPrincipal OfPerson(KnownSession session, Role role, IEnumerable<string> groups) =>
        Of(session, role, [.. groups.Select(group => new Claim(SignedIn.GroupClaim, group))]);

    public static Person PersonOf(ClaimsPrincipal principal, SignedIn who) => new(who.Name, who.Way, [.. principal.FindAll(SignedIn.GroupClaim).Select(claim => claim.Value)]);

    /// <summary>The same with another role.</summary>
    public static ClaimsPrincipal With(ClaimsPrincipal principal, Role role) =>
        new(new ClaimsIdentity(principal.Claims.Where(claim => claim.Type != SignedIn.RoleClaim).Append(new(SignedIn.RoleClaim, role.ToText())), Sessions.Scheme));

    private static ClaimsPrincipal Of(KnownSession session, Role role, params Claim[] more) => new(new ClaimsIdentity(
        [
            new(SubjectClaim, $"{session.Row.Way}:{session.Row.Person}"), new(ClaimTypes.Name, session.Row.Person), new(SignedIn.RoleClaim, role.ToText()), new(SignedIn.WayClaim, session.Row.Way), new(SignedIn.SessionClaim, session.Row.Id),
            new(SignedIn.SinceClaim, session.Row.CreatedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)), .. more,
        ], Sessions.Scheme));
}
