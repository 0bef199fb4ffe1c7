namespace Nexus.Web.Pages;

internal static class DashboardFeature
{
    public static void AddDashboard(this WebApplicationBuilder builder) => _ = builder;


    public static void UseDashboard(this WebApplication app) => _ = app;

    public static void MapDashboard(this WebApplication app) => _ = app;
}
