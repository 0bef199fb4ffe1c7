using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Nexus.Web.Operations.Backups;

/// <summary>A database beside the real one, on the same server: made empty, dropped when it is no longer needed.</summary>
internal sealed class ScratchDatabase : IAsyncDisposable
{
    private readonly NpgsqlConnection _server;

    private ScratchDatabase(NpgsqlConnection server, string name, string connectionString)
    {
        (_server, Name, ConnectionString) = (server, name, connectionString);
    }

    public string Name { get; }

    public string ConnectionString { get; }

    /// <summary>The same for the same database, so that what a killed run left behind is replaced; another for each database of a server.</summary>
    public static string NameFor(string purpose, string database) => $"nexus_{purpose}_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(database)))[..12]}";

    /// <param name="server">A connection to any database of the server, outside a transaction; it must stay open.</param>
    /// <exception cref="InvalidOperationException">The role may not make databases.</exception>
    public static async Task<ScratchDatabase> MakeAsync(NpgsqlConnection server, NpgsqlConnectionStringBuilder settings, string name, CancellationToken cancellation)
    {
        try
        {
            await ExecuteAsync(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)", cancellation);
            await ExecuteAsync(server, $"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'", cancellation);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new InvalidOperationException($"The role {settings.Username} may not make databases, which restoring into a scratch one needs: ALTER ROLE \"{settings.Username}\" CREATEDB.");
        }

        var own = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Host = server.Host, Port = server.Port, Database = name, Pooling = false, TargetSessionAttributes = null };
        return new(server, name, own.ConnectionString);
    }

    /// <summary>Drops it; a connection that broke leaves it to the next run.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await ExecuteAsync(_server, $"DROP DATABASE IF EXISTS {Name} WITH (FORCE)", limit.Token);
        }
        catch (Exception lost) when (lost is NpgsqlException or OperationCanceledException or InvalidOperationException)
        {
            // The next run drops it by its name.
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        // Names are this class's own: lower-case letters, digits and underscores.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
