using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Nexus.Web.Operations.Channels;

namespace Nexus.Web.Access.SignIn;

/// <summary>Signing in with an OpenID provider: authorisation code with PKCE, by ASP.NET Core's own handler.</summary>
internal static class OpenId
{
    public const string Scheme = "OpenId";
    public const string CallbackPath = "/dashboard/oidc/callback";

    /// <summary>Marks a challenge that asks who is there anew, because somebody has just signed out.</summary>
    public const string Anew = "nexus:anew";

    public static void AddOpenId(this AuthenticationBuilder authentication, OpenIdOptions settings) => authentication.AddOpenIdConnect(Scheme, options =>
    {
        options.SignInScheme = Sessions.Scheme;
        options.Authority = settings.Authority;
        options.RequireHttpsMetadata = settings.Authority.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        options.ClientId = settings.ClientId;
        options.ClientSecret = settings.ClientSecret.Length > 0 ? settings.ClientSecret : null;
        options.ResponseType = OpenIdConnectResponseType.Code;
        // A form that another site posts would come without Lax cookies.
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.PushedAuthorizationBehavior = PushedAuthorizationBehavior.UseIfAvailable;
        options.CallbackPath = CallbackPath;
        options.RemoteSignOutPath = default;
        options.SignedOutCallbackPath = ProviderSignOut.CallbackPath;
        options.Scope.Clear();
        foreach (var scope in settings.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            options.Scope.Add(scope);
        options.GetClaimsFromUserInfoEndpoint = true;
        options.ClaimActions.MapUniqueJsonKey("email_verified", "email_verified");
        options.ClaimActions.MapJsonKey(settings.GroupsClaim, settings.GroupsClaim);
        options.MapInboundClaims = false;
        options.SaveTokens = false;
        options.BackchannelTimeout = TimeSpan.FromSeconds(10);
        foreach (var cookie in new[] { options.NonceCookie, options.CorrelationCookie })
        {
            cookie.SameSite = SameSiteMode.Lax;
            cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        }

        options.Events.OnRedirectToIdentityProvider = ToProvider;
        options.Events.OnTokenValidated = ProviderSignOut.KeepTokenAsync;
        options.Events.OnTicketReceived = ReceivedAsync;
        options.Events.OnSignedOutCallbackRedirect = Back;
        options.Events.OnRemoteFailure = Failed;
    });

    private static Task ToProvider(RedirectContext context)
    {
        context.ProtocolMessage.RedirectUri = Own(context.HttpContext) + CallbackPath;
        if (context.Properties.Items.Remove(Anew))
            context.ProtocolMessage.Prompt = "login";
        return Task.CompletedTask;
    }

    private static Task ReceivedAsync(TicketReceivedContext context)
    {
        var services = context.HttpContext.RequestServices;
        var entrance = services.GetRequiredService<Entrance>();
        var claims = context.Principal!;
        var settings = services.GetRequiredService<IOptions<OpenIdOptions>>().Value;
        var person = PersonOf(claims, settings);
        var (principal, refused) = !IsVerified(claims, person, settings)
            ? (null, entrance.Refuse(context.HttpContext, person, Refused.Unverified))
            : entrance.Admit(context.HttpContext, person);
        if (refused is { } why)
        {
            context.HandleResponse();
            context.Response.Redirect("/dashboard/refused" + new QueryBuilder { { "note", services.GetRequiredService<RefusalNotes>().Write(new(person.Name, why)) } });
            return Task.CompletedTask;
        }

        context.Principal = principal;
        context.Properties = ProviderSignOut.Kept(context.Properties);
        return Task.CompletedTask;
    }

    /// <summary>Under the name that people know it by: a provider takes back only to addresses that it was told.</summary>
    public static string Own(HttpContext context) => context.RequestServices.GetRequiredService<IOptions<ChannelOptions>>().Value.DashboardUrl is { Length: > 0 } url
        ? url.TrimEnd('/') : $"{context.Request.Scheme}://{context.Request.Host}";

    private static Task Back(RemoteSignOutContext context)
    {
        context.Response.Redirect(ProviderSignOut.SignedOut);
        context.HandleResponse();
        return Task.CompletedTask;
    }

    /// <summary>Called by their e-mail address. A name that people choose themselves decides nothing, so without an address it is the provider's own id.</summary>
    private static Person PersonOf(ClaimsPrincipal claims, OpenIdOptions settings) => new(
        claims.FindFirst("email")?.Value is { Length: > 0 } email && !Admission.IsSubject(email) ? email : Admission.Subject + claims.FindFirst("sub")?.Value,
        "oidc", [.. claims.FindAll(settings.GroupsClaim).Select(claim => claim.Value)]);

    /// <summary>An address that the provider does not vouch for may be one that its user typed. What it says it has not verified is never trusted.</summary>
    private static bool IsVerified(ClaimsPrincipal claims, Person person, OpenIdOptions settings) => claims.FindFirst("email_verified")?.Value is { } said
        ? said.Equals("true", StringComparison.OrdinalIgnoreCase)
        : settings.TrustEmail || Admission.IsSubject(person.Name);

    private static Task Failed(RemoteFailureContext context)
    {
        context.HandleResponse();
        var problem = context.Failure switch
        {
            { Data: { } data } when (data["error"] as string) is "access_denied" or "login_required" or "consent_required" or "interaction_required" => "denied",
            { Message: { } message } when message.Contains("Correlation", StringComparison.Ordinal) || message.Contains("state", StringComparison.OrdinalIgnoreCase) || message.Contains("nonce", StringComparison.OrdinalIgnoreCase) => "stale",
            SecurityTokenExpiredException => "expired",
            HttpRequestException or TaskCanceledException or InvalidOperationException { InnerException: IOException or HttpRequestException or TaskCanceledException } => "away",
            _ => "provider",
        };
        var services = context.HttpContext.RequestServices;
        services.GetRequiredService<Operations.Audit.AuditTrail>().NoteRefused(new("nobody", context.HttpContext.Connection.RemoteIpAddress?.ToString()), "dashboard", new { why = problem, way = "oidc" });
        services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(OpenId)).LogFailed(problem, context.Failure?.Message ?? "");
        context.Response.Redirect(SessionCookie.LoginPath + new QueryBuilder { { "problem", problem } });
        return Task.CompletedTask;
    }
}

internal static partial class OpenIdLog
{
    [LoggerMessage(EventName = "oidc_failed", Level = LogLevel.Warning, Message = "Signing in with the OpenID provider failed ({Problem}): {Reason}")]
    public static partial void LogFailed(this ILogger logger, string problem, string reason);
}
