using Nexus.Web.Storage;

namespace Nexus.Web.Api;

/// <summary>Database trouble on the JSON API is answered in its own words.</summary>
internal sealed class DatabaseAwayFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error))
        {
            return DatabaseAway.Json(context.HttpContext);
        }
    }
}
