using Nexus.Web.Access.Keys;
using Nexus.Web.Access.SignIn;

namespace Nexus.Web.Access;

internal static class AccessFeature
{
    public static void AddAccess(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section);
        builder.Services.AddSingleton<CallerResolver>();
        builder.AddKeys();
        builder.Services.AddSingleton<AccessState>().AddSingleton<AccessFile>().AddSingleton<OwnKey>();
        builder.Services.AddHostedService<AccessFeed>().AddHostedService<LastUsed>().AddHostedService<SessionFeed>();
        builder.AddDashboardAccess();
    }

    /// <summary>The administration of keys, which the command line needs without the rest.</summary>
    public static void AddKeys(this WebApplicationBuilder builder) => builder.Services.AddScoped<ClientKeys>().AddScoped<DomainCapture>();
}
