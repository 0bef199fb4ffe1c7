using static Nexus.Web.Access.Roles.Role;

namespace Nexus.Web.Access.Roles;

/// <summary>Who may read each page, and who may send its forms.</summary>
internal static class RolePages
{
    public static IReadOnlyList<RoleRule> All { get; } =
    [
        new("dashboard", Viewer),
        new("dashboard/mine", Member),
        new("dashboard/sessions", Member, Member),
        new("dashboard/break-glass", Analyst, Analyst),
        new("dashboard/views", Viewer, Viewer),
        new("dashboard/requests", Viewer),
        new("dashboard/request/{id:guid}", Viewer) { Content = ContentOf.Request, WithoutContent = Viewer },
        new("dashboard/conversations", Analyst) { Content = ContentOf.Everybody },
        new("dashboard/conversation/{id:guid}", Analyst, Analyst) { Content = ContentOf.Conversation },
        new("dashboard/compare", Analyst) { Content = ContentOf.Pair },
        new("dashboard/usage", Viewer),
        new("dashboard/token-usage", Viewer),
        new("dashboard/cache", Viewer),
        new("dashboard/budgets", Viewer, Operator) { Handlers = Of(("POST WhatIf", Viewer)) },
        new("dashboard/budget/{id}", Viewer, Operator),
        new("dashboard/prices", Viewer, Operator),
        new("dashboard/prices/edit", Operator, Operator),
        new("dashboard/accounts", Operator, Operator),
        new("dashboard/keys", Operator, Operator),
        new("dashboard/key/{id}", Operator, Operator),
        new("dashboard/domains", Operator, Administrator),
        new("dashboard/health", Viewer, Operator),
        new("dashboard/alerts", Viewer, Operator),
        new("dashboard/jobs", Operator, Operator),
        new("dashboard/job/{id}", Operator, Operator),
        // A backup holds everything that there is.
        new("dashboard/backups", Operator, Operator) { Handlers = Of(("GET Download", Administrator), ("POST Delete", Administrator)) },
        new("dashboard/restore", Administrator, Administrator),
        new("dashboard/logs", Operator, Administrator),
        new("dashboard/resources", Viewer),
        new("dashboard/database", Operator),
        new("dashboard/reports", Viewer, Operator),
        new("dashboard/report/{id:guid}", Viewer),
        new("dashboard/audit", Administrator),
        new("dashboard/conformance", Viewer, Operator),
        new("dashboard/kit", Viewer),
    ];

    private static Dictionary<string, Role> Of(params (string Handler, Role Role)[] handlers) => handlers.ToDictionary(pair => pair.Handler, pair => pair.Role);
}
