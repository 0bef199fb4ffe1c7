namespace Nexus.Web.Credentials;

internal static class CredentialsFeature
{
    public static void AddCredentials(this WebApplicationBuilder builder) => _ = builder;
}
