using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Nexus.Web.Access.BreakGlass;
using Nexus.Web.Access.Roles;
using Nexus.Web.Access.SignIn;

namespace Nexus.Web.Access;

/// <summary>Who may open the dashboard and use the API: ways in, roles, sessions, reasons.</summary>
internal static class DashboardAccess
{
    public static void AddDashboardAccess(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<SignInOptions>().BindConfiguration(SignInOptions.Section);
        services.AddOptions<OpenIdOptions>().BindConfiguration(OpenIdOptions.Section);
        services.AddSingleton<DashboardKey>().AddSingleton<LoginThrottle>().AddSingleton<HeaderGuesses>().AddSingleton<AuthFailures>();
        services.AddSingleton<SessionFile>().AddSingleton<SessionBook>().AddSingleton<Admission>().AddSingleton<SsoHeaders>().AddSingleton<Entrance>().AddSingleton<RefusalNotes>();
        services.AddSingleton<Grants>().AddSingleton<Ownership>().AddSingleton<ContentGate>();
        services.AddSingleton<IAuthorizationHandler, RoleHandler>().AddSingleton<IAuthorizationMiddlewareResultHandler, DeniedAnswers>();
        var authentication = services.AddAuthentication()
            .AddScheme<AuthenticationSchemeOptions, DashboardKeyHandler>(DashboardKeyHandler.SchemeName, null)
            .AddCookie(Sessions.Scheme, SessionCookie.Configure);
        services.AddOptions<Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationOptions>(Sessions.Scheme).Configure<SessionBook>((cookie, book) => cookie.ExpireTimeSpan = book.Idle);
        if (builder.Configuration.GetSection(OpenIdOptions.Section).Get<OpenIdOptions>() is { IsOn: true } openId)
            authentication.AddOpenId(openId);
        builder.Services.AddAuthorizationBuilder()
            .AddPolicy(Policies.ApiKey, With(Sessions.Scheme, DashboardKeyHandler.SchemeName))
            .AddPolicy(Policies.Dashboard, With(Sessions.Scheme))
            // Closed by default: an endpoint that names no policy takes the key.
            .SetFallbackPolicy(With(DashboardKeyHandler.SchemeName));
    }

    private static AuthorizationPolicy With(params string[] schemes) => new AuthorizationPolicyBuilder(schemes).RequireAuthenticatedUser().AddRequirements(new RoleRequirement()).Build();
}
