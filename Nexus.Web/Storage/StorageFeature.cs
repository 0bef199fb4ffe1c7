using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Nexus.Web.Storage;

internal static class StorageFeature
{
    public static void AddStorage(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<StorageOptions>, DatabaseUrlValidation>();
        builder.Services.AddSingleton<PrivatePostgres>();
        builder.Services.AddSingleton<Database>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Database>());
        builder.Services.AddSingleton<ChangeFeed>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ChangeFeed>());
        builder.Services.AddDbContextFactory<NexusDbContext>((services, options) =>
            options.UseNexus(services.GetRequiredService<Database>().DataSource));
    }
}

/// <summary>A malformed DATABASE_URL ends the start with the parser's own words.</summary>
internal sealed class DatabaseUrlValidation : IValidateOptions<StorageOptions>
{
    public ValidateOptionsResult Validate(string? name, StorageOptions options)
    {
        try
        {
            if (options.DatabaseUrl.Length > 0)
                DatabaseUrl.Parse(options.DatabaseUrl, out _);
            return ValidateOptionsResult.Success;
        }
        catch (FormatException error)
        {
            return ValidateOptionsResult.Fail(error.Message);
        }
    }
}
