namespace Nexus.Web.Operations.Logs;

internal static class LogsFeature
{
    public static void AddLogs(this WebApplicationBuilder builder)
    {
        var section = builder.Configuration.GetSection(LogOptions.Section);
        builder.Configuration["Logging:LogLevel:Default"] = (section.Get<LogOptions>() ?? new()).Least.ToString();
        builder.Services.AddOptions<LogOptions>().BindConfiguration(LogOptions.Section);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<ILoggerProvider>(services =>
        {
            var mask = services.GetRequiredService<SecretMask>();
            return new LogProvider(services.GetRequiredService<TimeProvider>(), () => Format(mask), Console.OpenStandardOutput(), Console.OpenStandardError());
        });
    }

    /// <summary>JSON wherever a machine reads; text for a person at a terminal.</summary>
    public static ILogFormat Format(SecretMask mask) => Console.IsOutputRedirected
        ? new JsonLogFormat(mask)
        : new TextLogFormat(mask, coloured: string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")), TimeZoneInfo.Local);
}
