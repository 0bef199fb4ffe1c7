using Nexus.Web.Access.Roles;
using Nexus.Web.Operations.Audit;

namespace Nexus.Web.Pages.Tables;

/// <summary>Who arranges tables: somebody with a name, or whoever has the dashboard's key; those are one, and cannot be told apart.</summary>
/// <param name="Name">As the audit log names them.</param>
internal sealed record Arranger(string Name, bool HasOnlyKey)
{
    /// <summary>Whether they tidy up what others share: those may be gone.</summary>
    public bool Administers { get; init; }

    public static Arranger Of(HttpContext context)
    {
        var who = SignedIn.Of(context.User);
        return new(Actor.Of(context).Name, who?.Owner is null) { Administers = who?.Role == Role.Administrator };
    }
}
