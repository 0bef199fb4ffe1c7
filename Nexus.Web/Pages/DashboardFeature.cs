using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using Nexus.Web.Access;
using Nexus.Web.Api;
using Nexus.Web.Configuration;
using Nexus.Web.Listening;

namespace Nexus.Web.Pages;

internal static class DashboardFeature
{
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    public static void AddDashboard(this WebApplicationBuilder builder)
    {
        builder.WebHost.UseStaticWebAssets();
        builder.Services.AddRazorPages();
        builder.Services.AddRazorComponents();
        // Session cookies must be readable with the database away, so their ring is on disk beside the key that they stand for.
        builder.Services.AddDataProtection().SetApplicationName("nexus");
        builder.Services.AddOptions<Microsoft.AspNetCore.DataProtection.KeyManagement.KeyManagementOptions>().Configure<IOptions<DataOptions>, ILoggerFactory>((keys, data, loggers) =>
            keys.XmlRepository = new Microsoft.AspNetCore.DataProtection.Repositories.FileSystemXmlRepository(Directory.CreateDirectory(Path.Combine(data.Value.KeysDirectory, "sessions")), loggers));
    }

    public static void UseDashboard(this WebApplication app) => app.UseWhen(context => context.Listener() == Listener.Dashboard, dashboard =>
    {
        dashboard.Use((context, next) =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = ContentSecurityPolicy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            return next(context);
        });
        dashboard.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (Exception error) when (DatabaseAway.IsDatabase(error) && !context.Response.HasStarted)
            {
                context.Response.Clear();
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
                context.Response.Headers.RetryAfter = "5";
                context.Response.ContentType = "text/html; charset=utf-8";
                await context.Response.WriteAsync("""<!doctype html><html lang="en"><meta charset="utf-8"><title>Database away · Nexus</title><link rel="stylesheet" href="/css/tokens.css"><link rel="stylesheet" href="/css/app.css"><main><h1>The database is away</h1><p>Requests are still proxied, and what passes is kept in the journal until the database is back. Look at <a href="/health">/health</a>, then load this page again.</p></main></html>""");
            }
        });
    });

    public static void MapDashboard(this WebApplication app)
    {
        app.MapStaticAssets().On(Listener.Dashboard).AllowAnonymous();
        app.MapRazorPages().On(Listener.Dashboard).RequireAuthorization(Policies.Dashboard);
        app.MapGet("/", () => Results.Redirect("/dashboard")).On(Listener.Dashboard).AllowAnonymous();
        app.MapPost("/dashboard/logout", async (HttpContext context, Microsoft.AspNetCore.Antiforgery.IAntiforgery antiforgery) =>
        {
            await antiforgery.ValidateRequestAsync(context);
            await context.SignOutAsync(Sessions.Scheme);
            return Results.Redirect("/dashboard/login");
        }).On(Listener.Dashboard).RequireAuthorization(Policies.Dashboard);
    }
}
