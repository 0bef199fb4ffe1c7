using System.CommandLine;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Health;
using Nexus.Web.Storage;

namespace Nexus.Web.Cli;

/// <summary>The command line of the app's own binary, one noun a file. Without a command it serves.</summary>
internal static class Commands
{
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            // Serving needs no parser, and keeps the signals to itself.
            return args.Length == 0 ? await ServeAsync(args) : await Root().Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OptionsValidationException error)
        {
            return Fail(string.Join(Environment.NewLine, error.Failures));
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error))
        {
            return Fail(CliDatabase.Explain(error));
        }
        catch (IOException error) when (error.InnerException is AddressInUseException || error.GetBaseException() is SocketException)
        {
            return Fail($"{error.Message} Another process uses the port: stop it, or set PROXY_PORT and DASHBOARD_PORT.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException or InvalidOperationException or ArgumentException)
        {
            return Fail(error.GetBaseException().Message);
        }
    }

    private static RootCommand Root()
    {
        var root = new RootCommand("Nexus, a self-hosted gateway for Anthropic's Claude API. Without a command it serves.")
        {
            KeyCommand.Create(),
            DocsCommand.Create(),
        };
        root.Options.Remove(root.Options.OfType<VersionOption>().Single());
        root.Options.Add(new VersionOption("--version", "-v") { Action = new PrintVersion() });
        return root;
    }

    private static async Task<int> ServeAsync(string[] args)
    {
        await using var app = Program.Build(args);
        await app.RunAsync();
        return 0;
    }

    private static int Fail(string line)
    {
        Console.Error.WriteLine(line);
        return 1;
    }

    private sealed class PrintVersion : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            Console.WriteLine(HealthState.Version);
            return 0;
        }
    }
}
