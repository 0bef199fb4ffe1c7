using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;

namespace Nexus.Web.Access;

internal static class DashboardAccess
{
    public static void AddDashboardAccess(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<DashboardKey>().AddSingleton<LoginThrottle>().AddSingleton<AuthFailures>();
        builder.Services.AddAuthentication()
            .AddScheme<AuthenticationSchemeOptions, DashboardKeyHandler>(DashboardKeyHandler.SchemeName, null)
            .AddCookie(Sessions.Scheme, Session);
        var api = new AuthorizationPolicyBuilder(DashboardKeyHandler.SchemeName).RequireAuthenticatedUser().Build();
        builder.Services.AddAuthorizationBuilder()
            .AddPolicy(Policies.ApiKey, new AuthorizationPolicyBuilder(Sessions.Scheme, DashboardKeyHandler.SchemeName).RequireAuthenticatedUser().Build())
            .AddPolicy(Policies.Dashboard, new AuthorizationPolicyBuilder(Sessions.Scheme).RequireAuthenticatedUser().Build())
            // Closed by default: an endpoint that names no policy takes the key.
            .SetFallbackPolicy(api);
    }

    private static void Session(CookieAuthenticationOptions cookie)
    {
        cookie.LoginPath = "/dashboard/login";
        cookie.Cookie.Name = "nexus_session";
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.ExpireTimeSpan = TimeSpan.FromDays(7);
        cookie.SlidingExpiration = true;
        cookie.Events.OnValidatePrincipal = async context =>
        {
            var key = context.HttpContext.RequestServices.GetRequiredService<DashboardKey>();
            if (context.Principal?.FindFirst(Sessions.KeyFingerprint)?.Value != key.Fingerprint)
            {
                context.RejectPrincipal();
                await context.HttpContext.SignOutAsync(Sessions.Scheme);
            }
        };
        cookie.Events.OnRedirectToLogin = context =>
        {
            // What programs ask answers in its own words (the key's scheme writes them); pages are sent to the login.
            if (context.Request.Path.StartsWithSegments("/api") || context.Request.Path.StartsWithSegments("/metrics"))
                return Task.CompletedTask;
            // A stream of events cannot log in: a redirect would look to it like an answer of the wrong kind.
            if (context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase))
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            else if (context.Request.Headers.ContainsKey("HX-Request"))
                context.Response.Headers["HX-Redirect"] = cookie.LoginPath.Value + ReturnTo(context.Request);
            else
                context.Response.Redirect(context.RedirectUri);
            return Task.CompletedTask;
        };
    }

    /// <summary>Back to the page that htmx asked from; its part would be no page.</summary>
    private static string ReturnTo(HttpRequest request) =>
        Uri.TryCreate(request.Headers["HX-Current-URL"], UriKind.Absolute, out var page) ? "?ReturnUrl=" + Uri.EscapeDataString(page.PathAndQuery) : "";
}
