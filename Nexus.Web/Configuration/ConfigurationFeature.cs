using Nexus.Web.Operations.Logs;

namespace Nexus.Web.Configuration;

internal static class ConfigurationFeature
{
    /// <summary>
    /// Puts the environment's <see cref="Variables"/> over appsettings.json; <paramref name="settings"/> wins over the environment.
    /// <paramref name="checks"/> look at what the values stand for and return what is wrong with it.
    /// </summary>
    /// <exception cref="ConfigurationProblemsException">Some values cannot be used.</exception>
    public static void AddConfiguration(this WebApplicationBuilder builder, IReadOnlyDictionary<string, string?>? settings, params Func<IConfiguration, IEnumerable<string>>[] checks)
    {
        var reader = new VariableReader(name => settings?.GetValueOrDefault(name) ?? Environment.GetEnvironmentVariable(name));
        builder.Configuration.AddInMemoryCollection(reader.Read());
        reader.Check(builder.Configuration);
        reader.Problems.AddRange(checks.SelectMany(check => check(builder.Configuration)));
        if (reader.Problems.Count > 0)
            throw new ConfigurationProblemsException(reader.Problems);
        var mask = new SecretMask();
        foreach (var secret in Variables.All.Where(variable => variable.Secret))
            mask.Learn(builder.Configuration[secret.Key]);
        builder.Services.AddSingleton(mask);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddOptions<DataOptions>().BindConfiguration(DataOptions.Section)
            .PostConfigure(data => data.Directory = DataDirectory.Resolve(data.Directory));
    }
}
