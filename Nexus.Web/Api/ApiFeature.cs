using System.Text.Json;
using System.Text.Json.Serialization;
using Nexus.Web.Access;
using Nexus.Web.Api.Exports;
using Nexus.Web.Listening;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Health;

namespace Nexus.Web.Api;

internal static class ApiFeature
{
    /// <summary>camelCase, as scripts of the older system expect.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { Converters = { new RequestDetailConverter(), new IsoTimeConverter() } };

    public static JsonSerializerOptions WithoutNulls { get; } = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = { new IsoTimeConverter() } };

    public static void AddApi(this WebApplicationBuilder builder)
    {
        builder.Services.AddProblemDetails().AddSingleton<DashboardTotals>();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Converters.Add(new IsoTimeConverter()));
    }

    public static void MapApi(this WebApplication app)
    {
        var api = app.MapGroup("/api").AddEndpointFilter<DatabaseAwayFilter>().AddEndpointFilter(async (invocation, next) =>
        {
            var trail = invocation.HttpContext.RequestServices.GetRequiredService<AuditTrail>();
            invocation.HttpContext.Response.OnCompleted(() =>
            {
                trail.NoteRead(invocation.HttpContext);
                return Task.CompletedTask;
            });
            return await next(invocation);
        }).RequireAuthorization(Policies.ApiKey);
        api.MapRequests();
        api.MapStats();
        api.MapConversations();
        api.MapAnalyses();
        api.MapDashboardStats();
        api.MapLimits();
        api.MapKeys();
        api.MapTokenUsage();
        api.MapHourlyUsage();
        api.MapAnalytics();
        api.MapRateLimits();
        api.MapExports();
        // What is not there is told to those who may ask: no address under /api answers without a key.
        api.Map("/{**rest}", (string? rest) => Results.Json(new { error = $"There is nothing at /api/{rest}" }, statusCode: 404));
        app.MapGet("/token-stats", TokenStats.GetAsync).AddEndpointFilter<DatabaseAwayFilter>().On(Listener.Proxy).AllowAnonymous();
        app.MapMethods("/", ["GET", "HEAD"], () => Results.Json(new { service = "claude-nexus", version = HealthState.Version, status = "operational", endpoints = new { api = "/v1/messages", health = "/health", stats = "/token-stats", requests = "/api/requests" } }))
            .On(Listener.Proxy).AllowAnonymous();
    }
}
