using Nexus.Web.Access.Roles;
using Nexus.Web.Operations.Audit;

namespace Nexus.Web.Pages.Tables;

/// <summary>Who arranges tables: somebody with a name, or whoever has the dashboard's key; those are one, and cannot be told apart.</summary>
/// <param name="Name">As the audit log names them.</param>
internal sealed record Arranger(string Name, bool HasOnlyKey)
{
    /// <summary>Whether they tidy up what others share: those may be gone.</summary>
    public bool Administers { get; init; }

    /// <summary>Of a ticket: how its bearer signed in.</summary>
    public const string WayClaim = "nexus:way";

    public static Arranger Of(HttpContext context) => new(Actor.Of(context).Name, context.User.FindFirst(WayClaim)?.Value is not ("oidc" or "sso")) { Administers = SignedIn.Of(context.User)?.Role == Role.Administrator };
}
