namespace Nexus.Web.Pages;

/// <summary>One entry of the dashboard's navigation.</summary>
/// <param name="Covers">Addresses below this prefix belong to the entry too; <see cref="Href"/> alone without it.</param>
internal sealed record NavigationEntry(string Title, string Href, string? Covers = null)
{
    public bool IsAt(string path) => path == Href || (Covers is not null && path.StartsWith(Covers, StringComparison.Ordinal));
}

/// <summary>Pages that belong together.</summary>
internal sealed record NavigationGroup(string Title, params NavigationEntry[] Entries);

/// <summary>The pages in their order: a new page adds one line here.</summary>
internal static class Navigation
{
    public static IReadOnlyList<NavigationGroup> Groups { get; } =
    [
        new("Work",
            new("Overview", "/dashboard"),
            new("Requests", "/dashboard/requests", Covers: "/dashboard/request"),
            new("Conversations", "/dashboard/conversations", Covers: "/dashboard/conversation")),
        new("Cost",
            new("Usage", "/dashboard/usage"),
            new("Limits", "/dashboard/token-usage"),
            new("Cache", "/dashboard/cache"),
            new("Budgets", "/dashboard/budgets", Covers: "/dashboard/budget"),
            new("Prices", "/dashboard/prices", Covers: "/dashboard/prices/")),
        new("Access",
            new("Accounts", "/dashboard/accounts"),
            new("Keys", "/dashboard/keys", Covers: "/dashboard/key"),
            new("Domains", "/dashboard/domains")),
        new("Operations",
            new("Health", "/dashboard/health"),
            new("Alerts", "/dashboard/alerts"),
            new("Jobs", "/dashboard/jobs", Covers: "/dashboard/job"),
            new("Backups", "/dashboard/backups", Covers: "/dashboard/restore"),
            new("Logs", "/dashboard/logs"),
            new("Resources", "/dashboard/resources"),
            new("Database", "/dashboard/database")),
        new("Records",
            new("Reports", "/dashboard/reports", Covers: "/dashboard/report/"),
            new("Audit", "/dashboard/audit"),
            new("Conformance", "/dashboard/conformance")),
    ];
}
