using Nexus.Web.Configuration;

namespace Nexus.Web.Cli;

/// <summary>An app with the configuration of the served one and only the features that a command asks for; nothing of it is started.</summary>
internal static class CliHost
{
    public static WebApplication Build(Action<WebApplicationBuilder> features, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "Nexus.Web", ContentRootPath = AppContext.BaseDirectory });
        builder.AddConfiguration(settings);
        // Scripts read the output: nothing but the answer may stand there.
        builder.Logging.ClearProviders();
        features(builder);
        return builder.Build();
    }
}
