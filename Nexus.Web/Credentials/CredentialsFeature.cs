using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Credentials.Sealing;

namespace Nexus.Web.Credentials;

internal static class CredentialsFeature
{
    public static void AddCredentials(this WebApplicationBuilder builder)
    {
        builder.AddCredentialFiles();
        builder.Services.AddHostedService(services => services.GetRequiredService<CredentialFiles>());
        builder.Services.AddHostedService<TokenKeeper>().AddSingleton<UsagePoll>().AddHostedService(services => services.GetRequiredService<UsagePoll>());
        builder.Services.AddSingleton<AccountProbe>().AddScoped<AccountAdmin>();
        builder.Services.AddSingleton<AccountStateFile>().AddSingleton<AccountStateStore>().AddSingleton<AccountStateFeed>();
        builder.Services.AddHostedService(services => services.GetRequiredService<AccountStateFeed>());
    }

    /// <summary>The files and their tokens, which the command line needs without the rest.</summary>
    public static void AddCredentialFiles(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<CredentialOptions>().BindConfiguration(CredentialOptions.Section);
        builder.Services.AddOptions<OAuthOptions>().BindConfiguration(OAuthOptions.Section);
        builder.Services.AddSingleton<CredentialSeal>().AddSingleton<SealedFiles>().AddSingleton<AccountStates>().AddSingleton<CredentialFiles>()
            .AddSingleton<OAuthClient>().AddSingleton<TokenRefresh>();
    }
}
