using System.CommandLine;
using Nexus.Web.Operations.Health;
using Nexus.Web.Proxy;
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
        var started = false;
        try
        {
            using var signals = new StopSignals();
            await using var app = Program.Build(args);
            if (signals.HaveCome)
                return 0;
            await StartAsync(app);
            started = true;
            signals.HandTo(app.Services.GetRequiredService<DrainingLifetime>().Stop);
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (OperationCanceledException) when (started)
        {
            // The time for stopping was over. What a part had not written yet, the next start or another node writes.
            return 0;
        }
        catch (Exception error)
        {
            return StartFailure.Write(error, started);
        }
    }

    /// <summary>A start that fails ends what it has begun, such as the private PostgreSQL.</summary>
    private static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch
        {
            // Why it does not start is what there is to say, not what its parts say as they are stopped half-way.
            await app.StopAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
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
