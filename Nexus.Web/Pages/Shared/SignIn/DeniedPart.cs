namespace Nexus.Web.Pages.Shared.SignIn;

/// <summary>Why somebody may not, for people.</summary>
/// <param name="Needed">The role that would do.</param>
public sealed record DeniedPart(string Message, string Who, string Role, string Needed, string Means, bool Forgery, string Contact)
{
    internal static DeniedPart Of(Access.Roles.Denied denied, string contact) => new(
        denied.Why == Access.Roles.DeniedFor.Forgery ? "This form was open too long, or you signed in anew. Nothing was changed: load the page again, then send the form once more." : denied.Message, denied.Who.Name, Access.Roles.RoleNames.ToText(denied.Who.Role), Access.Roles.RoleNames.ToText(denied.Needed), MeaningOf(denied.Needed), denied.Why == Access.Roles.DeniedFor.Forgery, contact);

    internal static string MeaningOf(Access.Roles.Role role) => role switch
    {
        Access.Roles.Role.Member => "one's own usage, keys and conversations",
        Access.Roles.Role.Viewer => "numbers of everybody, and requests without their content",
        Access.Roles.Role.Analyst => "the content of conversations",
        Access.Roles.Role.Operator => "jobs, keys, accounts, backups and logs",
        _ => "everything, with the audit log, restores, levels and other people's sessions",
    };
}
