using Nexus.Web.Access.Roles;

namespace Nexus.Web.Pages;

/// <summary>One entry of the dashboard's navigation.</summary>
/// <param name="Letter">What leads there after g; a page may have none.</param>
/// <param name="Covers">Addresses below this prefix belong to the entry too; <see cref="Href"/> alone without it.</param>
internal sealed record NavigationEntry(string Title, string Href, char? Letter = null, string? Covers = null)
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
            new("Overview", "/dashboard", 'o'),
            new("Mine", "/dashboard/mine", 'i'),
            new("Requests", "/dashboard/requests", 'r', Covers: "/dashboard/request"),
            new("Conversations", "/dashboard/conversations", 'c', Covers: "/dashboard/conversation")),
        new("Cost",
            new("Usage", "/dashboard/usage", 'u'),
            new("Limits", "/dashboard/token-usage", 'l'),
            new("Cache", "/dashboard/cache", 'x'),
            new("Budgets", "/dashboard/budgets", 'b', Covers: "/dashboard/budget"),
            new("Prices", "/dashboard/prices", 'p', Covers: "/dashboard/prices/")),
        new("Access",
            new("Accounts", "/dashboard/accounts", 'a'),
            new("Keys", "/dashboard/keys", 'k', Covers: "/dashboard/key"),
            new("Domains", "/dashboard/domains", 'd'),
            new("Sessions", "/dashboard/sessions", 'n')),
        new("Operations",
            new("Health", "/dashboard/health", 'h'),
            new("Alerts", "/dashboard/alerts", 't'),
            new("Jobs", "/dashboard/jobs", 'j', Covers: "/dashboard/job"),
            new("Backups", "/dashboard/backups", 's', Covers: "/dashboard/restore"),
            new("Logs", "/dashboard/logs", 'g'),
            new("Resources", "/dashboard/resources", 'm'),
            new("Database", "/dashboard/database", 'q')),
        new("Records",
            new("Reports", "/dashboard/reports", 'e', Covers: "/dashboard/report/"),
            new("Audit", "/dashboard/audit", 'w'),
            new("Conformance", "/dashboard/conformance", 'f')),
    ];

    /// <summary>What somebody with this role may open; groups with nothing in them are left out.</summary>
    public static IEnumerable<NavigationGroup> For(Role role) => Groups
        .Select(group => group with { Entries = [.. group.Entries.Where(entry => RoleTable.Shows(role, entry.Href))] })
        .Where(group => group.Entries.Length > 0);
}
