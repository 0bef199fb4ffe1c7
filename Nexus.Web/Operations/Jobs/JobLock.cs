using Npgsql;

namespace Nexus.Web.Operations.Jobs;

/// <summary>
/// Keeps a job single across nodes: an advisory lock of PostgreSQL, held by the connection that took it. Unlike Hangfire's row
/// in a table it ends with its holder at once, and it never expires while the holder lives.
/// </summary>
internal static class JobLock
{
    public static async Task<bool> TryTakeAsync(NpgsqlConnection connection, string name, CancellationToken cancellation)
    {
        await NoticeADeadHolderAsync(connection, cancellation);
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", connection) { Parameters = { new() { Value = Key(name) } } };
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    /// <summary>
    /// Gives back what the connection holds. Closing a pooled connection does so only when the pool hands it out again: until
    /// then the job would look as if it ran.
    /// </summary>
    public static async Task ReleaseAsync(NpgsqlConnection connection)
    {
        if (connection.FullState != System.Data.ConnectionState.Open)
            return;
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", connection) { CommandTimeout = 3 };
            await command.ExecuteNonQueryAsync();
        }
        catch (Exception lost) when (lost is NpgsqlException or InvalidOperationException)
        {
            // A connection that broke holds nothing.
        }
    }

    /// <summary>Waits for it.</summary>
    public static async Task TakeAsync(NpgsqlConnection connection, string name, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT pg_advisory_lock(hashtextextended($1, 0))", connection) { Parameters = { new() { Value = Key(name) } } };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// A server at work on a statement looks at its connection only when it is told to; without this a killed holder's VACUUM
    /// would hold the lock to its end. Servers on Windows cannot do it.
    /// </summary>
    private static async Task NoticeADeadHolderAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        try
        {
            await using var command = new NpgsqlCommand("SET client_connection_check_interval = '5s'", connection);
            await command.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InvalidParameterValue)
        {
            // The lock then ends with the statement.
        }
    }

    private static string Key(string name) => "nexus job " + name;
}
