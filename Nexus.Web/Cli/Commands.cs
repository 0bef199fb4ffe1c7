using System.CommandLine;
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
        catch (Exception error) when (StartFailure.IsExpected(error))
        {
            return Fail(error.Message);
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error))
        {
            return Fail(CliDatabase.Explain(error));
        }
        catch (Exception error) when (error is FormatException or InvalidOperationException or ArgumentException)
        {
            return Fail(error.GetBaseException().Message);
        }
    }

    private static RootCommand Root()
    {
        var root = new RootCommand("Nexus, a self-hosted gateway for Anthropic's Claude API. Without a command it serves.")
        {
            KeyCommand.Create(),
            KeysCommand.Create(),
            CredentialsCommand.Create(),
            OAuthCommand.Create(),
            UsageCommand.Create(),
            PricesCommand.Create(),
            ConversationsCommand.Create(),
            LimitsCommand.Create(),
            DoctorCommand.Create(),
            BackupCommand.Create(),
            RestoreCommand.Create(),
            LogsCommand.Create(),
            ConformanceCommand.Create(),
            DocsCommand.Create(),
        };
        root.Options.Remove(root.Options.OfType<VersionOption>().Single());
        root.Options.Add(new VersionOption("--version", "-v") { Action = new PrintVersion() });
        return root;
    }

    private static async Task<int> ServeAsync(string[] args)
    {
        try
        {
            await using var app = Program.Build(args);
            await app.RunAsync();
            return 0;
        }
        catch (Exception error)
        {
            return StartFailure.Write(error);
        }
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
