namespace Nexus.Web.Access.Roles;

/// <summary>What somebody may do on the dashboard and with its API; each includes those before it.</summary>
internal enum Role
{
    /// <summary>One's own usage, keys and conversations.</summary>
    Member,

    /// <summary>Numbers of everybody, and requests without their content.</summary>
    Viewer,

    /// <summary>Content: what was asked and answered.</summary>
    Analyst,

    /// <summary>Jobs, keys, accounts, backups, logs.</summary>
    Operator,

    /// <summary>Everything: the audit log, restores, levels, other people's sessions.</summary>
    Administrator,
}

internal static class RoleNames
{
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<Role>().Select(ToText)];

    public static string ToText(this Role role) => role.ToString().ToLowerInvariant();

    /// <summary>Null for what is no role.</summary>
    public static Role? Parse(string? text) => All.Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<Role>(text!, ignoreCase: true) : null;
}
