using Nexus.Web.Access.Roles;

namespace Nexus.Web.Access.SignIn;

/// <summary>Settings of signing in that are each good, and together let nobody in, or everybody.</summary>
internal static class SignInProblems
{
    public static IEnumerable<string> Of(IConfiguration configuration)
    {
        var signIn = configuration.GetSection(SignInOptions.Section);
        var openId = configuration.GetSection(OpenIdOptions.Section);
        bool Has(IConfiguration section, string key) => section[key] is { Length: > 0 };
        var (sso, oidc) = (Has(signIn, "SsoHeaders"), Has(openId, "Authority"));
        if (sso && configuration["Listening:TrustedProxies"] is not { Length: > 0 })
            yield return "DASHBOARD_SSO_HEADERS is set and TRUSTED_PROXIES is not: anybody could write these headers. Name the proxies that set them, as addresses or ranges.";
        if (oidc && !Has(openId, "ClientId"))
            yield return "OIDC_AUTHORITY is set and OIDC_CLIENT_ID is not: it accepts the id that the provider knows this dashboard by.";
        if (!oidc && (Has(openId, "ClientId") || Has(openId, "ClientSecret")))
            yield return "OIDC_CLIENT_ID or OIDC_CLIENT_SECRET is set and OIDC_AUTHORITY is not: it accepts the provider's address.";
        if (oidc && Uri.TryCreate(openId["Authority"], UriKind.Absolute, out var authority))
        {
            if (authority.Scheme != Uri.UriSchemeHttps && !authority.IsLoopback)
                yield return $"OIDC_AUTHORITY is '{authority}': who stands between could sign in as anybody. It accepts an https address (http on this machine alone).";
            if (authority.Host == "accounts.google.com" && HasDefault(signIn) && !Has(openId, "AllowedDomains"))
                yield return "OIDC_AUTHORITY is Google, DASHBOARD_DEFAULT_ROLE gives everybody a role, and OIDC_ALLOWED_DOMAINS is not set: everybody with a Google account could sign in.";
        }

        if ((sso || oidc) && !Has(signIn, "Roles") && !HasDefault(signIn))
            yield return $"{(oidc ? "OIDC_AUTHORITY" : "DASHBOARD_SSO_HEADERS")} is set, and neither DASHBOARD_ROLES nor DASHBOARD_DEFAULT_ROLE gives anybody a role: nobody could sign in.";
    }

    private static bool HasDefault(IConfiguration signIn) => RoleNames.Parse(signIn["DefaultRole"]) is not null;
}
