namespace Nexus.Web.Access;

internal static class AccessFeature
{
    public static void AddAccess(this WebApplicationBuilder builder) => _ = builder;
}
