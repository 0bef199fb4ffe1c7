namespace Nexus.Web.Configuration;

internal static class ConfigurationFeature
{
    /// <summary>Puts the environment's <see cref="Variables"/> over appsettings.json; <paramref name="settings"/> wins over the environment.</summary>
    public static void AddConfiguration(this WebApplicationBuilder builder, IReadOnlyDictionary<string, string?>? settings)
    {
        builder.Configuration.AddInMemoryCollection(Filled(name => settings?.GetValueOrDefault(name) ?? Environment.GetEnvironmentVariable(name)));
        builder.Configuration["Logging:LogLevel:Default"] = LevelOf(builder.Configuration["Log:Level"], builder.Configuration.GetValue<bool>("Log:Debug")).ToString();
        // One JSON object a line wherever a machine reads; text for a person at a terminal.
        if (Console.IsOutputRedirected)
            builder.Logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddOptions<DataOptions>().BindConfiguration(DataOptions.Section)
            .PostConfigure(data => data.Directory = DataDirectory.Resolve(data.Directory));
    }

    private static LogLevel LevelOf(string? level, bool debug) => (debug ? "debug" : level?.ToLowerInvariant()) switch
    {
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => throw new FormatException($"LOG_LEVEL: '{level}' is not one of debug, info, warn, error."),
    };

    private static Dictionary<string, string?> Filled(Func<string, string?> read)
    {
        var values = new Dictionary<string, string?>();
        foreach (var variable in Variables.All)
            if (new[] { variable.Name }.Concat(variable.Aliases).Select(read).FirstOrDefault(value => !string.IsNullOrEmpty(value)) is { } value)
                values[variable.Key] = value;
        return values;
    }
}
