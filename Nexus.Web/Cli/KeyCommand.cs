using System.CommandLine;
using Nexus.Web.Access;

namespace Nexus.Web.Cli;

/// <summary><c>nexus key show</c>: the dashboard's key.</summary>
internal static class KeyCommand
{
    public static Command Create()
    {
        var show = new Command("show", "Prints the dashboard's key, and nothing else: scripts read it.");
        show.SetAction(_ => Console.WriteLine(Reveal()));
        return new Command("key", "The key of the dashboard and of /api.") { show };
    }

    public static string Reveal()
    {
        // Only what the key needs: the whole app would take the journal's lock, which a running Nexus holds.
        using var app = CliHost.Build(builder =>
        {
            builder.Services.AddSingleton<DashboardKey>();
            builder.Services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section);
        });
        return app.Services.GetRequiredService<DashboardKey>().Reveal();
    }
}
