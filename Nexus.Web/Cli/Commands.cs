using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Nexus.Web.Access;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Health;

namespace Nexus.Web.Cli;

/// <summary>The command line of the app's own binary. Without a command it serves.</summary>
internal static class Commands
{
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            return args switch
            {
                ["--version" or "-v"] => Print(HealthState.Version),
                ["key", "show"] => Print(ShowKey()),
                ["docs", "configuration"] => Print(ConfigurationPage.Write(new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).Build()).TrimEnd()),
                [] => await ServeAsync(args),
                _ => Fail($"Unknown command: {string.Join(' ', args)}. Commands: key show, --version; without one Nexus serves."),
            };
        }
        catch (OptionsValidationException error)
        {
            return Fail(string.Join(Environment.NewLine, error.Failures));
        }
        catch (IOException error) when (error.InnerException is AddressInUseException || error.GetBaseException() is SocketException)
        {
            return Fail($"{error.Message} Another process uses the port: stop it, or set PROXY_PORT and DASHBOARD_PORT.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException or InvalidOperationException)
        {
            return Fail(error.GetBaseException().Message);
        }
    }

    private static async Task<int> ServeAsync(string[] args)
    {
        await using var app = Program.Build(args);
        await app.RunAsync();
        return 0;
    }

    private static string ShowKey()
    {
        // Only what the key needs: the whole app would take the journal's lock, which a running Nexus holds.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "Nexus.Web", ContentRootPath = AppContext.BaseDirectory });
        builder.AddConfiguration(null);
        // Scripts read the key from the output: nothing else may stand there.
        builder.Logging.ClearProviders();
        builder.AddDashboardAccess();
        builder.Services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section);
        using var app = builder.Build();
        return app.Services.GetRequiredService<DashboardKey>().Reveal();
    }

    private static int Print(string line)
    {
        Console.WriteLine(line);
        return 0;
    }

    private static int Fail(string line)
    {
        Console.Error.WriteLine(line);
        return 1;
    }
}
