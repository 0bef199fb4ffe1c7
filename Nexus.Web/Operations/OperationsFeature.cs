namespace Nexus.Web.Operations;

internal static class OperationsFeature
{
    public static void AddOperations(this WebApplicationBuilder builder) => _ = builder;


    public static void MapHealth(this WebApplication app) => _ = app;

    public static void MapJobs(this WebApplication app) => _ = app;
}
