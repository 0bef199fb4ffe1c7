using Microsoft.AspNetCore.Mvc.RazorPages;
using static Nexus.Web.Access.Roles.Role;

namespace Nexus.Web.Access.Roles;

/// <summary>
/// Who may what: every address of the dashboard and of /api that asks who one is. What is not listed takes an administrator, and a
/// test fails until it is. A new page or endpoint adds its line here.
/// </summary>
internal static class RoleTable
{
    private static readonly RoleRule Unlisted = new("", Administrator, Administrator);

    public static IReadOnlyList<RoleRule> All { get; } =
    [
        .. RolePages.All,
        // What there is no page for: 404.
        new("dashboard/{**rest}", Member),
        new("dashboard/live", Viewer),
        // What it finds is looked at one by one: whether its page may be opened.
        new("dashboard/palette", Member),
        new("dashboard/logs/live", Operator),
        new("dashboard/logout", Member, Member),
        new("jobs/{**path}", Operator, Operator),
        new("metrics", Viewer),
        new("api/{**rest}", Viewer, Viewer),
        new("api/requests", Viewer),
        new("api/requests/{id}", Analyst) { Content = ContentOf.Request },
        new("api/requests/{id}/body", Analyst) { Content = ContentOf.Request },
        new("api/requests/{id}/response", Analyst) { Content = ContentOf.Request },
        // They are called by what somebody typed.
        new("api/conversations", Analyst) { Content = ContentOf.Everybody },
        new("api/conversations/{id}", Analyst) { Content = ContentOf.Conversation },
        new("api/conversations/{id}/tree", Analyst) { Content = ContentOf.Conversation },
        new("api/conversations/{id}/export", Analyst) { Content = ContentOf.Conversation },
        new("api/analyses", Analyst, Analyst) { Content = ContentOf.Everybody },
        new("api/analyses/{conversationId}/{branchId}", Analyst) { Content = ContentOf.Conversation },
        new("api/analyses/{conversationId}/{branchId}/regenerate", Analyst, Analyst) { Content = ContentOf.Everybody },
        new("api/stats", Viewer),
        new("api/domains", Viewer),
        new("api/dashboard/stats", Viewer),
        new("api/analytics/conversations/weekly", Viewer),
        new("api/analytics/token-usage/sliding-window", Viewer),
        new("api/usage/requests/hourly", Viewer),
        new("api/usage/tokens/hourly", Viewer),
        new("api/token-usage/current", Viewer),
        new("api/token-usage/daily", Viewer),
        new("api/token-usage/time-series", Viewer),
        new("api/token-usage/accounts", Viewer),
        new("api/rate-limits", Viewer),
        new("api/export/{what}", Viewer),
        new("api/export/conversations", Analyst) { Content = ContentOf.Everybody },
        new("api/limits", Viewer, Operator),
        new("api/limits/{id}", Viewer, Operator),
        new("api/limits/{id}/raise", Operator, Operator),
        new("api/keys", Operator, Operator),
        new("api/keys/{id}", Operator, Operator),
        new("api/keys/{id}/rotate", Operator, Operator),
        new("api/domains/{domain}/capture", Administrator, Administrator),
        new("api/conformance", Viewer, Operator),
    ];

    /// <summary>Exports that need the role of their page: they hold more than the other tables.</summary>
    private static readonly Dictionary<string, Role> Exports = new() { ["audit"] = Administrator, ["keys"] = Operator, ["domains"] = Operator, ["job-runs"] = Operator };

    private static readonly Dictionary<string, RoleRule> ByRoute = All.ToDictionary(rule => rule.Route, StringComparer.Ordinal);

    public static RoleRule Of(Endpoint? endpoint) =>
        endpoint is RouteEndpoint { RoutePattern.RawText: { } text } && ByRoute.TryGetValue(text.Trim('/'), out var rule) ? rule : Unlisted;

    /// <summary>What a request needs. Of a page only what reading it needs: its filter asks again when the handler is known.</summary>
    public static Role Needed(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        var rule = Of(endpoint);
        if (endpoint?.Metadata.GetMetadata<PageActionDescriptor>() is not null)
            return rule.Read;
        return rule.Route == "api/export/{what}" && Exports.TryGetValue(context.Request.RouteValues["what"]?.ToString() ?? "", out var role) ? role : rule.For(context.Request.Method);
    }

    /// <summary>Whether somebody with this role is shown links to an address.</summary>
    public static bool Shows(Role role, string address) =>
        (ByRoute.TryGetValue(address.Split('?')[0].Trim('/'), out var rule) ? rule.Read : Administrator) <= role;
}
