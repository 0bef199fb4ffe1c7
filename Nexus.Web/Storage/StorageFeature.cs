namespace Nexus.Web.Storage;

internal static class StorageFeature
{
    public static void AddStorage(this WebApplicationBuilder builder) => _ = builder;
}
