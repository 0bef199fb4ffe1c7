namespace Nexus.Web.Proxy;

internal static class ProxyFeature
{
    public static void AddProxy(this WebApplicationBuilder builder) => _ = builder;


    public static void MapProxy(this WebApplication app) => _ = app;
}
