using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.Roles;

namespace Nexus.Web.Access.SignIn;

/// <summary>
/// Signing out at the provider too (OpenID Connect RP-Initiated Logout 1.0), where its metadata names an address for that. The browser goes there
/// from a page: a form may not lead to another site under the policy of pages.
/// </summary>
internal static class ProviderSignOut
{
    public const string CallbackPath = "/dashboard/oidc/signed-out";
    public const string SignedOut = SessionCookie.LoginPath + "?ended=left";

    private const string IdToken = "id_token";

    /// <summary>It rides in the cookie and in an address; a longer one, with very many groups, is not kept, and the provider may ask who leaves.</summary>
    private const int MostCharacters = 3_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Called when tokens have come: who leaves shows the identity token, which some providers demand.</summary>
    public static async Task KeepTokenAsync(TokenValidatedContext context)
    {
        if (context.TokenEndpointResponse?.IdToken is { Length: > 0 and <= MostCharacters } token && context.Properties is { } properties
            && await EndpointAsync(context.HttpContext, context.Options) is not null)
            properties.Items[IdToken] = token;
    }

    /// <summary>What is kept of a sign-in in the cookie.</summary>
    public static AuthenticationProperties Kept(AuthenticationProperties? of)
    {
        var properties = Entrance.Properties();
        if (of?.Items.TryGetValue(IdToken, out var token) == true)
            properties.Items[IdToken] = token;
        return properties;
    }

    /// <summary>Where the browser of who asks is to go when they have left Nexus; null: nowhere else.</summary>
    public static async Task<string?> AddressAsync(HttpContext context)
    {
        if (SignedIn.Of(context.User) is not { Way: "oidc" } || context.RequestServices.GetService<IOptionsMonitor<OpenIdConnectOptions>>()?.Get(OpenId.Scheme) is not { } options || await EndpointAsync(context, options) is not { } endpoint)
            return null;
        var query = new QueryBuilder { { "client_id", options.ClientId! }, { "post_logout_redirect_uri", OpenId.Own(context) + CallbackPath } };
        if ((await context.AuthenticateAsync(Sessions.Scheme)).Properties?.Items.TryGetValue(IdToken, out var token) == true)
            query.Add("id_token_hint", token!);
        return endpoint.AbsoluteUri + (endpoint.Query.Length > 0 ? "&" + query.ToString()[1..] : query.ToString());
    }

    /// <summary>Null when an operator or the provider does not want it, or while the provider cannot be asked.</summary>
    private static async Task<Uri?> EndpointAsync(HttpContext context, OpenIdConnectOptions options)
    {
        if (!context.RequestServices.GetRequiredService<IOptions<OpenIdOptions>>().Value.SignOut || options.ConfigurationManager is not { } metadata)
            return null;
        try
        {
            var known = await metadata.GetConfigurationAsync(context.RequestAborted).WaitAsync(Patience, context.RequestAborted);
            return Uri.TryCreate(known.EndSessionEndpoint, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "https" or "http" ? endpoint : null;
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or HttpRequestException or TimeoutException)
        {
            return null;
        }
    }
}
