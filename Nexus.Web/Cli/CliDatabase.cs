using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Storage;

namespace Nexus.Web.Cli;

/// <summary>
/// The database for commands: the server that DATABASE_URL names, or the private one that a running Nexus keeps. A command
/// neither starts a server nor changes a schema.
/// </summary>
internal static class CliDatabase
{
    /// <param name="features">What the command needs besides storage.</param>
    /// <param name="mayBeAway">The command has something to do without a database that answers, too.</param>
    /// <exception cref="InvalidOperationException">There is no private server, or its schema is another version's.</exception>
    public static async Task<int> RunAsync(Action<WebApplicationBuilder> features, Func<IServiceProvider, CancellationToken, Task<int>> command, CancellationToken cancellation, bool mayBeAway = false)
    {
        await using var app = CliHost.Build(builder =>
        {
            builder.AddStorage();
            features(builder);
        });
        CheckPrivateServer(app.Services);
        var database = app.Services.GetRequiredService<Database>();
        if (!mayBeAway && !await AppliedMigrations.AreCompleteAsync(database.JobsDataSource, cancellation))
            throw new InvalidOperationException("The database's schema is not this version's. Start this version of Nexus once: it brings the schema up to date.");
        await using var scope = app.Services.CreateAsyncScope();
        return await command(scope.ServiceProvider, cancellation);
    }

    public static string Explain(Exception error) =>
        $"The database cannot be used: {error.GetBaseException().Message.TrimEnd('.')}. Without DATABASE_URL a command uses the private PostgreSQL of a running Nexus: start Nexus, and run the command with its DATA_DIR and as its user.";

    /// <summary>Before anything is made there: <see cref="PrivatePostgres.Connection"/> would write a port and a password of its own.</summary>
    private static void CheckPrivateServer(IServiceProvider services)
    {
        if (services.GetRequiredService<IOptions<StorageOptions>>().Value.DatabaseUrl.Length > 0)
            return;
        var home = services.GetRequiredService<IOptions<DataOptions>>().Value.PostgresDirectory;
        if (!File.Exists(Path.Combine(home, "port")))
            throw new InvalidOperationException($"There is no private PostgreSQL in {home}, and DATABASE_URL is not set. Start Nexus first, or set DATA_DIR (or DATABASE_URL) as it has it.");
    }
}
