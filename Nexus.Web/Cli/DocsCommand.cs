using System.CommandLine;
using Nexus.Web.Configuration;

namespace Nexus.Web.Cli;

/// <summary><c>nexus docs configuration</c>: the page that docs/configuration.md is a copy of.</summary>
internal static class DocsCommand
{
    public static Command Create()
    {
        var configuration = new Command("configuration", "Prints docs/configuration.md.");
        configuration.SetAction(_ => Console.WriteLine(ConfigurationPage.Write(
            new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).Build()).TrimEnd()));
        return new Command("docs", "Pages generated from the code.") { configuration };
    }
}
