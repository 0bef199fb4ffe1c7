namespace Nexus.Web.Configuration;

internal static class ConfigurationFeature
{
    public static void AddConfiguration(this WebApplicationBuilder builder, IReadOnlyDictionary<string, string?>? settings) => _ = (builder, settings);
}
