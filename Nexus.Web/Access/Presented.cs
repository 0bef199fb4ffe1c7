using Nexus.Web.Access.Keys;

namespace Nexus.Web.Access;

/// <summary>What a caller shows in the two headers that hold credentials.</summary>
/// <param name="Bearer">Of <c>Authorization: Bearer</c>; empty without.</param>
/// <param name="ApiKey">Of <c>x-api-key</c>; empty without.</param>
/// <param name="Authorization">The whole header.</param>
internal readonly record struct Presented(string Bearer, string ApiKey, string Authorization)
{
    public static Presented Read(IHeaderDictionary headers)
    {
        var authorization = headers.Authorization.ToString();
        var bearer = authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? authorization[7..].Trim() : "";
        return new(bearer, headers["x-api-key"].ToString(), authorization);
    }

    public bool IsEmpty => Authorization.Length == 0 && ApiKey.Length == 0;

    public bool MayBeManaged => KeySecret.MayBeManaged(Bearer) || KeySecret.MayBeManaged(ApiKey);

    /// <summary>A key of Nexus's making, known or not.</summary>
    public string? Nexus => KeySecret.IsNexus(Bearer) ? Bearer : KeySecret.IsNexus(ApiKey) ? ApiKey : null;

    /// <summary>The caller's own Claude credential; a header without one of Nexus's keys.</summary>
    public string? Own
    {
        get
        {
            var authorization = Bearer.Length > 0 ? Bearer : Authorization;
            if (authorization.Length > 0 && !KeySecret.IsNexus(authorization))
                return authorization;
            return ApiKey.Length > 0 && !KeySecret.IsNexus(ApiKey) ? ApiKey : null;
        }
    }

    /// <summary>Says nothing of what it holds: it may be logged by mistake.</summary>
    public override string ToString() => nameof(Presented);
}
