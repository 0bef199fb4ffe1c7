using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Logs.Exporting;
using Nexus.Web.Operations.Retention;

namespace Nexus.Web.Operations.Logs;

internal static class LogsFeature
{
    public static void AddLogs(this WebApplicationBuilder builder)
    {
        var section = builder.Configuration.GetSection(LogOptions.Section);
        builder.Configuration["Logging:LogLevel:Default"] = (section.Get<LogOptions>() ?? new()).Least.ToString();
        builder.Logging.ClearProviders();
        builder.AddLogFiles();
        builder.Services.AddSingleton<LogLevels>().AddSingleton<IPostConfigureOptions<LoggerFilterOptions>>(services => services.GetRequiredService<LogLevels>());
        builder.Services.AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(services => services.GetRequiredService<LogLevels>());
        builder.Services.AddHostedService<LogKeeping>();
        builder.Services.AddSingleton<ILoggerProvider>(services =>
        {
            var mask = services.GetRequiredService<SecretMask>();
            Func<ILogFormat>? fileFormat = Console.IsOutputRedirected ? null : () => new JsonLogFormat(mask);
            return new LogProvider(services.GetRequiredService<TimeProvider>(), () => Format(mask), Console.OpenStandardOutput(), Console.OpenStandardError(), services.GetRequiredService<LogFiles>(), fileFormat);
        });
    }

    /// <summary>The log's files and what is made of them; a command reads them, too.</summary>
    public static void AddLogFiles(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LogOptions>().BindConfiguration(LogOptions.Section);
        builder.Services.AddOptions<LogExportOptions>().BindConfiguration(LogExportOptions.Section);
        builder.Services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section);
        builder.Services.AddSingleton<LogTail>().AddSingleton<LogCopies>().AddSingleton<LogExporter>();
        builder.Services.AddSingleton(services => new LogReader(services.GetRequiredService<IOptions<DataOptions>>().Value.LogsDirectory));
        builder.Services.AddSingleton(services => new LogFiles(services.GetRequiredService<IOptions<DataOptions>>().Value.LogsDirectory,
            new(services.GetRequiredService<IOptions<LogOptions>>().Value.FilesMaxBytes, services.GetRequiredService<IOptions<RetentionOptions>>().Value.LogsAge),
            services.GetRequiredService<LogTail>(), services.GetRequiredService<TimeProvider>()));
    }

    /// <summary>JSON wherever a machine reads; text for a person at a terminal.</summary>
    public static ILogFormat Format(SecretMask mask) => Console.IsOutputRedirected
        ? new JsonLogFormat(mask)
        : new TextLogFormat(mask, coloured: string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")), TimeZoneInfo.Local);
}
