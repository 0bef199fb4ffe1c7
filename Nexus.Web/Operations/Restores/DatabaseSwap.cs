using Npgsql;

namespace Nexus.Web.Operations.Restores;

/// <summary>
/// Gives a database the place of another. Both renames are one transaction: there is no moment, and no crash, in which the name
/// is taken by neither. Sessions of both are ended; ingest's come last of all, because <paramref name="hold"/> keeps them waiting.
/// </summary>
/// <param name="server">Settings that reach the server.</param>
/// <param name="hold">The session that keeps ingest out of the replaced database; ended when no other is left.</param>
internal sealed class DatabaseSwap(NpgsqlConnectionStringBuilder server, NpgsqlConnection hold)
{
    private const int Attempts = 5;

    /// <summary>A connection to the server that is in neither database.</summary>
    public static async Task<NpgsqlConnection> ConnectAsync(NpgsqlConnectionStringBuilder server, CancellationToken cancellation)
    {
        foreach (var name in new[] { "postgres", "template1" })
        {
            var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name, Pooling = false, TargetSessionAttributes = server.Host?.Contains(',') == true ? "primary" : null, Timeout = 10 }.ConnectionString);
            try
            {
                await connection.OpenAsync(cancellation);
                return connection;
            }
            catch (PostgresException refused) when (name == "postgres" && refused.SqlState is PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.InsufficientPrivilege)
            {
                await connection.DisposeAsync();
            }
        }

        throw new InvalidOperationException("unreachable");
    }

    /// <exception cref="InvalidOperationException">Sessions of other programs did not end.</exception>
    public async Task RunAsync(string name, string fresh, string kept, CancellationToken cancellation)
    {
        await using var renamer = await ConnectAsync(server, cancellation);
        await using var ender = await ConnectAsync(server, cancellation);
        for (var attempt = 1; ; attempt++)
        {
            // PostgreSQL locks the database's name at once, so that nobody comes in, and waits five seconds for who is in to leave.
            var renaming = RenameAsync(renamer, name, fresh, kept, cancellation);
            while (!renaming.IsCompleted)
            {
                if (await EndSessionsAsync(ender, [name, fresh], hold.FullState == System.Data.ConnectionState.Open ? hold.ProcessID : 0, cancellation) == 0)
                    await hold.CloseAsync();
                await Task.WhenAny(renaming, Task.Delay(TimeSpan.FromMilliseconds(100), cancellation));
            }

            try
            {
                await renaming;
                return;
            }
            catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.ObjectInUse && attempt < Attempts)
            {
                // Somebody was quicker.
            }
            catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.ObjectInUse)
            {
                throw new InvalidOperationException($"Sessions of other programs in {name} do not end ({busy.Detail}). Stop them, and start the restore again.");
            }
        }
    }

    private static async Task RenameAsync(NpgsqlConnection connection, string name, string fresh, string kept, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        foreach (var (from, to) in new[] { (name, kept), (fresh, name) })
        {
            await using var rename = new NpgsqlCommand($"ALTER DATABASE {Quote(from)} RENAME TO {Quote(to)}", connection) { CommandTimeout = 60 };
            await rename.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
    }

    /// <returns>Sessions that were still there, without the one that is spared.</returns>
    private static async Task<int> EndSessionsAsync(NpgsqlConnection connection, string[] names, int spared, CancellationToken cancellation)
    {
        const string Sql = "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY($1) AND pid <> $2 AND pid <> pg_backend_pid()) AS ended";
        await using var end = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = names }, new() { Value = spared } } };
        return (int)(long)(await end.ExecuteScalarAsync(cancellation))!;
    }

    private static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
