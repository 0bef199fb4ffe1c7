namespace Nexus.Web.Access;

internal static class AccessFeature
{
    public static void AddAccess(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section);
        builder.Services.AddSingleton<CallerResolver>();
        builder.AddDashboardAccess();
    }
}
