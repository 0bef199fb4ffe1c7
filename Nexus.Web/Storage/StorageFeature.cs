using Microsoft.EntityFrameworkCore;

namespace Nexus.Web.Storage;

internal static class StorageFeature
{
    public static void AddStorage(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section);
        // Whatever LOG_LEVEL is: DEBUG_SQL alone decides on statements, the threshold on slow ones.
        builder.Logging.AddFilter(typeof(SqlLog).FullName, builder.Configuration.GetSection(StorageOptions.Section).Get<StorageOptions>()!.DebugSql ? LogLevel.Debug : LogLevel.Warning);
        builder.Services.AddSingleton<SqlLog>();
        builder.Services.AddSingleton<WalArchive>().AddSingleton<PrivatePostgres>();
        builder.Services.AddSingleton<Database>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Database>());
        builder.Services.AddSingleton<ChangeFeed>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ChangeFeed>());
        builder.Services.AddDbContextFactory<NexusDbContext>((services, options) =>
            options.UseNexus(services.GetRequiredService<Database>().DataSource));
    }
}
