using Microsoft.AspNetCore.Authentication;
using Nexus.Web.Access;
using Nexus.Web.Access.Roles;
using Nexus.Web.Listening;
using Nexus.Web.Proxy;

namespace Nexus.Web.Operations.Health;

internal static class HealthEndpoints
{
    public static void MapHealth(this WebApplication app)
    {
        // Made now: the uptime counts from here, not from the first question.
        app.Services.GetRequiredService<HealthState>();
        // With the database away the proxy's port answers 200 (it still proxies, and a load balancer must not drop it), the dashboard's 503.
        app.MapGet("/health", async (HttpContext context, HealthState health, CheckBoard board) =>
        {
            var report = health.Report(context.Listener());
            if (context.Request.Query["details"] == "true")
            {
                if (!await MaySeeDetailsAsync(context))
                    return Results.Empty;
                report = report with { Checks = board.States };
            }

            return Results.Json(report, statusCode: context.Listener() == Listener.Dashboard && !health.DatabaseReady ? 503 : 200);
        }).AllowAnonymous().DisableHttpMetrics();
        app.MapGet("/health/live", (TimeProvider time) => Results.Json(new { alive = true, timestamp = time.GetUtcNow() })).AllowAnonymous().DisableHttpMetrics();
        app.MapGet("/health/ready", (HttpContext context, HealthState health, Draining draining, TimeProvider time) =>
        {
            var ready = !draining.IsDraining && (context.Listener() == Listener.Proxy || health.DatabaseReady);
            return Results.Json(new { ready, timestamp = time.GetUtcNow() }, statusCode: ready ? 200 : 503);
        }).AllowAnonymous().DisableHttpMetrics();
    }

    /// <summary>By the dashboard key, or on the dashboard's port by the session of a viewer; else the answer is written.</summary>
    private static async Task<bool> MaySeeDetailsAsync(HttpContext context)
    {
        if ((await context.AuthenticateAsync(DashboardKeyHandler.SchemeName)).Succeeded || (context.Listener() == Listener.Dashboard && (await context.AuthenticateAsync(Sessions.Scheme)) is { Principal: { } principal } && SignedIn.Of(principal)?.Role >= Role.Viewer))
            return true;
        await context.ChallengeAsync(DashboardKeyHandler.SchemeName);
        return false;
    }
}
