using Microsoft.Extensions.Options;
using Nexus.Web.Access.Roles;

namespace Nexus.Web.Access.SignIn;

/// <summary>Why somebody whom a provider or a proxy vouches for may not sign in.</summary>
internal enum Refused
{
    /// <summary>The name cannot be one, or is one of Nexus's own.</summary>
    Name,

    /// <summary>The provider does not say that the e-mail address is verified.</summary>
    Unverified,
    Domain,
    Group,
    Role,
}

/// <summary>Whom somebody vouches for.</summary>
/// <param name="Name">An e-mail address, or a user's name.</param>
/// <param name="Way"><c>oidc</c> or <c>sso</c>.</param>
internal sealed record Person(string Name, string Way, IReadOnlyList<string> Groups);

/// <summary>Decides who may sign in, and as what. It is asked again with every request of a session: a change of the settings holds from the next start on.</summary>
internal sealed class Admission(IOptions<SignInOptions> options, IOptions<OpenIdOptions> openId)
{
    /// <summary>What audit entries call who has no name.</summary>
    private static readonly string[] Own = ["dashboard", "api key", "cli", "nobody", "unknown", "nexus", "metrics"];

    /// <summary>Begins the name of who has no e-mail address: what follows is the provider's own id, which may look like one.</summary>
    public const string Subject = "sub:";

    private readonly RoleMap _map = RoleMap.Parse(options.Value.Roles);
    private readonly Role? _otherwise = RoleNames.Parse(options.Value.DefaultRole);
    private readonly IReadOnlyList<string> _openIdDomains = SignInOptions.List(openId.Value.AllowedDomains);
    private readonly IReadOnlyList<string> _openIdGroups = SignInOptions.List(openId.Value.AllowedGroups);
    private readonly IReadOnlyList<string> _ssoDomains = SignInOptions.List(options.Value.SsoAllowedDomains);

    /// <summary>The role, or why there is none.</summary>
    public (Role Role, Refused? Refused) Decide(Person person)
    {
        if (!IsName(person.Name))
            return (default, Refused.Name);
        var domains = person.Way == "oidc" ? _openIdDomains : _ssoDomains;
        if (domains.Count > 0 && !domains.Any(domain => DomainOf(person.Name).Equals(domain.TrimStart('@'), StringComparison.OrdinalIgnoreCase)))
            return (default, Refused.Domain);
        if (person.Way == "oidc" && _openIdGroups.Count > 0 && !_openIdGroups.Any(person.Groups.Contains))
            return (default, Refused.Group);
        return (_map.Of(person.Name, person.Groups) ?? _otherwise) is { } role ? (role, null) : (default, Refused.Role);
    }

    /// <summary>What of a person's groups a decision may need.</summary>
    public IEnumerable<string> Telling(IEnumerable<string> groups) => groups.Where(group => _map.Knows(group) || _openIdGroups.Contains(group)).Distinct();

    /// <summary>Letters of other scripts that look like these are not let in: names decide over roles and over whose a key is.</summary>
    private static bool IsName(string name) =>
        name.Length is > 0 and <= 254 && !name.AsSpan().ContainsAnyExceptInRange('!', '~') && !name.Contains(',', StringComparison.Ordinal) && !Own.Contains(name, StringComparer.OrdinalIgnoreCase);

    public static bool IsSubject(string name) => name.StartsWith(Subject, StringComparison.OrdinalIgnoreCase);

    private static string DomainOf(string name) => !IsSubject(name) && name.LastIndexOf('@') is > 0 and var at ? name[(at + 1)..] : "";
}
