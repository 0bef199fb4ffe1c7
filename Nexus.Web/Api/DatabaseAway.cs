using Npgsql;

namespace Nexus.Web.Api;

/// <summary>Database trouble on the JSON API is 503 with the way on, never an authentication error and never a stack trace.</summary>
internal sealed class DatabaseAway : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception error) when (IsDatabase(error))
        {
            context.HttpContext.Response.Headers.RetryAfter = "5";
            return Results.Json(new { error = new { code = "service_unavailable", message = "The database is not available. Requests are still proxied and kept; try again when /health says connected." } }, statusCode: 503);
        }
    }

    /// <summary>Whether an error says that the server is away or not migrated yet.</summary>
    public static bool IsDatabase(Exception error) => error is NpgsqlException or TimeoutException || (error.InnerException is { } inner && IsDatabase(inner));
}
