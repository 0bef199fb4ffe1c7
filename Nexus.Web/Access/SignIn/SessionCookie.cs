using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http.Extensions;
using Nexus.Web.Access.Roles;

namespace Nexus.Web.Access.SignIn;

/// <summary>The sealed cookie that a session is: it says who somebody is, and with every request it is asked whether that still holds.</summary>
internal static class SessionCookie
{
    public const string LoginPath = "/dashboard/login";

    public static void Configure(CookieAuthenticationOptions cookie)
    {
        cookie.LoginPath = LoginPath;
        cookie.Cookie.Name = "nexus_session";
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.SlidingExpiration = true;
        cookie.Events.OnValidatePrincipal = ValidateAsync;
        cookie.Events.OnRedirectToLogin = ToLogin;
    }

    /// <summary>Ends what streams to a session when it ends, by somebody's hand or by its hours.</summary>
    public static async Task FollowAsync(HttpContext context, RequestDelegate next)
    {
        if (!HttpMethods.IsGet(context.Request.Method) || context.Features.Get<KnownSession>() is not { } session)
        {
            await next(context);
            return;
        }

        var services = context.RequestServices;
        using var over = new CancellationTokenSource(services.GetRequiredService<SessionBook>().Remaining(session), services.GetRequiredService<TimeProvider>());
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, session.Ended, over.Token);
        context.RequestAborted = ended.Token;
        await next(context);
    }

    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        if (context.Principal is not { } principal || SignedIn.Of(principal) is not { } who || RoleNow(context.HttpContext, principal, who) is not { } role)
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(Sessions.Scheme);
            return;
        }

        if (services.GetRequiredService<SessionBook>().Seen(context.HttpContext, who) is not { } session)
        {
            // The cookie stays: it is why a proxy's word alone does not begin a session anew.
            context.RejectPrincipal();
            context.HttpContext.Features.Set(new EndedSession());
            return;
        }

        context.HttpContext.Features.Set(session);
        if (role == who.Role)
            return;
        context.ReplacePrincipal(Ticket.With(principal, role));
        context.ShouldRenew = true;
    }

    /// <summary>What the settings say now of who signed in before; null when they may not any more.</summary>
    private static Role? RoleNow(HttpContext context, System.Security.Claims.ClaimsPrincipal principal, SignedIn who)
    {
        var services = context.RequestServices;
        if (who.Way == "key")
            return principal.FindFirst(Sessions.KeyFingerprint)?.Value == services.GetRequiredService<DashboardKey>().Fingerprint ? Role.Administrator : null;
        // The proxy must still name the same, whose groups it says anew each time.
        var person = who.Way == "sso" ? services.GetRequiredService<SsoHeaders>().Read(context) : Ticket.PersonOf(principal, who);
        return person?.Name == who.Name && services.GetRequiredService<Admission>().Decide(person) is (var role, null) ? role : null;
    }

    private static Task ToLogin(RedirectContext<CookieAuthenticationOptions> context)
    {
        // What programs ask answers in its own words (the key's scheme writes them); pages are sent to the login.
        if (context.Request.Path.StartsWithSegments("/api") || context.Request.Path.StartsWithSegments("/metrics"))
            return Task.CompletedTask;
        var hasEnded = HasEnded(context.HttpContext);
        var login = hasEnded ? context.RedirectUri + "&ended=ended" : context.RedirectUri;
        // A stream of events cannot log in: a redirect would look to it like an answer of the wrong kind.
        if (context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase))
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        else if (context.Request.Headers.ContainsKey("HX-Request"))
            context.Response.Headers["HX-Redirect"] = LoginPath + ReturnTo(context.Request, hasEnded);
        else
            context.Response.Redirect(login);
        return Task.CompletedTask;
    }

    /// <summary>Back to the page that htmx asked from; its part would be no page.</summary>
    private static QueryBuilder ReturnTo(HttpRequest request, bool hasEnded)
    {
        var query = new QueryBuilder();
        if (Uri.TryCreate(request.Headers["HX-Current-URL"], UriKind.Absolute, out var page))
            query.Add("ReturnUrl", page.PathAndQuery);
        if (hasEnded)
            query.Add("ended", "ended");
        return query;
    }

    /// <summary>Whether the cookie that was looked at is of a session that has ended.</summary>
    public static bool HasEnded(HttpContext context) => context.Features.Get<EndedSession>() is not null;

    private sealed record EndedSession;
}
