namespace Nexus.Web.Api;

internal static class ApiFeature
{
    public static void AddApi(this WebApplicationBuilder builder) => _ = builder;


    public static void MapApi(this WebApplication app) => _ = app;
}
