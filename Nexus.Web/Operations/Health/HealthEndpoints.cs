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
        app.MapGet("/health", (HttpContext context, HealthState health) =>
            Results.Json(health.Report(context.Listener()), statusCode: context.Listener() == Listener.Dashboard && !health.DatabaseReady ? 503 : 200)).AllowAnonymous();
        app.MapGet("/health/live", (TimeProvider time) => Results.Json(new { alive = true, timestamp = time.GetUtcNow() })).AllowAnonymous();
        app.MapGet("/health/ready", (HttpContext context, HealthState health, Draining draining, TimeProvider time) =>
        {
            var ready = !draining.IsDraining && (context.Listener() == Listener.Proxy || health.DatabaseReady);
            return Results.Json(new { ready, timestamp = time.GetUtcNow() }, statusCode: ready ? 200 : 503);
        }).AllowAnonymous();
    }
}
