using Nexus.Web.Access.Roles;

namespace Nexus.Web.Access.SignIn;

/// <summary>
/// Which role whom: <c>ada@example.com=administrator, @example.com=viewer, group:platform=operator</c>. Who is named more than once has
/// the greatest of their roles. Semicolons part the entries where there is one, so that a group's name may hold commas.
/// </summary>
internal sealed record RoleMap(IReadOnlyList<(string Who, Role Role)> Entries)
{
    public const string Group = "group:";

    /// <exception cref="FormatException">Says which entry is none.</exception>
    public static RoleMap Parse(string text)
    {
        var entries = new List<(string, Role)>();
        foreach (var part in text.Split(text.Contains(';', StringComparison.Ordinal) ? ';' : ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var split = part.LastIndexOf('=');
            var who = split > 0 ? part[..split].Trim() : "";
            if (who.Length == 0 || who is "@" or Group)
                throw new FormatException($"'{part}' is not somebody=role");
            if (RoleNames.Parse(part[(split + 1)..].Trim()) is not { } role)
                throw new FormatException($"'{part[(split + 1)..].Trim()}' is no role: there are {string.Join(", ", RoleNames.All)}");
            entries.Add((who, role));
        }

        return new(entries);
    }

    /// <summary>The greatest role of a person; null when nothing here names them.</summary>
    public Role? Of(string name, IReadOnlyCollection<string> groups)
    {
        Role? greatest = null;
        foreach (var (who, role) in Entries)
            if (Names(who, name, groups) && !(role <= greatest))
                greatest = role;
        return greatest;
    }

    /// <summary>Groups that are named here: no others need be remembered of a person.</summary>
    public bool Knows(string group) => Entries.Any(entry => entry.Who.StartsWith(Group, StringComparison.Ordinal) && entry.Who[Group.Length..] == group);

    private static bool Names(string who, string name, IReadOnlyCollection<string> groups)
    {
        if (who.StartsWith(Group, StringComparison.Ordinal))
            return groups.Contains(who[Group.Length..]);
        return who[0] == '@' ? name.Length > who.Length && !Admission.IsSubject(name) && name.EndsWith(who, StringComparison.OrdinalIgnoreCase) : name.Equals(who, StringComparison.OrdinalIgnoreCase);
    }
}
