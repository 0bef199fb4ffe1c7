using Nexus.Web.Access;
using Nexus.Web.Api;
using Nexus.Web.Operations.Audit;

namespace Nexus.Web.Conformance;

internal static class ConformanceFeature
{
    public static void AddConformance(this WebApplicationBuilder builder) => builder.Services.AddSingleton<ConformanceRun>();

    /// <summary><c>POST /api/conformance</c> runs the contract and answers the report; <c>GET</c> answers the last one. No database is needed.</summary>
    public static void MapConformance(this WebApplication app)
    {
        var api = app.MapGroup("/api/conformance").RequireAuthorization(Policies.ApiKey);
        api.MapGet("", (ConformanceRun run) => run.Last is { } last ? Results.Json(last, ApiFeature.Json) : Results.Json(new { error = "There was no run since this node started. POST to this address to make one." }, statusCode: 404));
        api.MapPost("", async (ConformanceRun run, HttpContext context, AuditTrail trail, CancellationToken cancellation) =>
        {
            trail.Note(Actor.Of(context), "conformance.run", Environment.MachineName);
            return await run.RunAsync(null, cancellation) is { } report
                ? Results.Json(report, ApiFeature.Json)
                : Results.Json(new { error = "A run is under way. It takes seconds." }, statusCode: 409);
        });
    }
}
