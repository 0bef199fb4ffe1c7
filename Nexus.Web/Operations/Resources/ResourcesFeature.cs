namespace Nexus.Web.Operations.Resources;

internal static class ResourcesFeature
{
    public static void AddResources(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<DiskForecast>().AddSingleton<ResourceHistory>().AddSingleton<DatabaseLook>().AddSingleton<TableGrowth>().AddSingleton<OomWatch>().AddSingleton<ResourceSampler>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ResourceSampler>());
    }
}
