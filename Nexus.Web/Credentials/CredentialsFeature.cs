namespace Nexus.Web.Credentials;

internal static class CredentialsFeature
{
    public static void AddCredentials(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<CredentialOptions>().BindConfiguration(CredentialOptions.Section);
        builder.Services.AddSingleton<CredentialFiles>();
        builder.Services.AddHostedService(services => services.GetRequiredService<CredentialFiles>());
    }
}
