using Nexus.Web.Access.Roles;

namespace Nexus.Web.Access.BreakGlass;

/// <summary>Decides whether somebody sees the content of what they ask for: by role, by a grant where reasons are demanded, or because it is theirs.</summary>
internal sealed class ContentGate(Grants grants, Ownership ownership, TimeProvider time)
{
    public const string ReasonHeader = "X-Break-Glass-Reason";

    /// <returns>Null when the address may be shown; <see cref="ContentAccess"/> then says whether with its content.</returns>
    public async Task<Denied?> OpenAsync(HttpContext http, SignedIn who, RoleRule rule)
    {
        if (who.Role >= Role.Analyst && !grants.AreNeeded)
            return Show(http, new(true));
        if (who.Role >= Role.Analyst && (grants.Of(who) ?? OfProgram(http, who)) is { } grant)
            return Show(http, new(true, grant));
        if (await ownership.IsOwnAsync(http, who, rule.Content))
            return Show(http, new(true));
        if (who.Role >= rule.WithoutContent)
            return Show(http, new(false));
        return who.Role >= Role.Analyst ? new(DeniedFor.Reason, who, Role.Analyst) : new(DeniedFor.Role, who, Role.Analyst);
    }

    private static Denied? Show(HttpContext http, ContentAccess access)
    {
        http.Features.Set(access);
        return null;
    }

    /// <summary>A program gives its reason with each request.</summary>
    private Grant? OfProgram(HttpContext http, SignedIn who)
    {
        if (who.SessionId is not null || http.Request.Headers[ReasonHeader].ToString().Trim() is not { Length: >= Grants.LeastCharacters and <= Grants.MostCharacters } reason)
            return null;
        var now = time.GetUtcNow();
        return new(Guid.Empty, who.Grantee, who.Name, reason, now, now);
    }
}
