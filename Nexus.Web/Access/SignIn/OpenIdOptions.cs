namespace Nexus.Web.Access.SignIn;

/// <summary>The OpenID provider that people sign in with.</summary>
internal sealed class OpenIdOptions
{
    public const string Section = "OpenId";

    /// <summary>Empty: nobody signs in so.</summary>
    public string Authority { get; set; } = "";

    public string ClientId { get; set; } = "";
    public string ClientSecret { get; set; } = "";

    /// <summary>Separated by spaces.</summary>
    public string Scopes { get; set; } = "";

    /// <summary>On the button of the login page.</summary>
    public string Name { get; set; } = "";

    /// <summary>Of e-mail addresses, separated by commas. Empty: all.</summary>
    public string AllowedDomains { get; set; } = "";

    /// <summary>Separated by commas; one must be in one of them. Empty: nobody needs to be in any.</summary>
    public string AllowedGroups { get; set; } = "";

    /// <summary>The claim that names the groups somebody is in.</summary>
    public string GroupsClaim { get; set; } = "";

    /// <summary>Whether an e-mail address of which the provider does not say that it is verified counts as verified.</summary>
    public bool TrustEmail { get; set; }

    /// <summary>Whether who leaves is signed out at the provider too, where it can do that.</summary>
    public bool SignOut { get; set; }

    public bool IsOn => Authority.Length > 0;
}
