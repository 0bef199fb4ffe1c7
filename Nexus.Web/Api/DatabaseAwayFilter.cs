using Nexus.Web.Storage;

namespace Nexus.Web.Api;

/// <summary>Database trouble on the JSON API is answered in its own words.</summary>
internal sealed class DatabaseAwayFilter(Database database) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception error) when (DatabaseAway.Unusable(error) is not null)
        {
            return Results.Json(new { error = "Invalid parameters", details = new[] { DatabaseAway.Unusable(error) } }, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (Exception error) when (DatabaseAway.IsAway(error, database.State) || DatabaseAway.IsTimeOut(error))
        {
            return await database.WasTooSlowAsync(error, context.HttpContext.RequestAborted) ? DatabaseAway.SlowJson(context.HttpContext) : DatabaseAway.Json(context.HttpContext);
        }
    }
}
