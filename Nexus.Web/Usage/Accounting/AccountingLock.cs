using Npgsql;

namespace Nexus.Web.Usage.Accounting;

/// <summary>
/// Keeps ledger, rollups and counters in step. Whoever adds rows to them shares the lock for its transaction; whoever makes
/// rollups or counters anew from what is stored takes it alone, so that no row is counted twice or missed.
/// </summary>
internal static class AccountingLock
{
    /// <summary>"nexus" and the number of the lock.</summary>
    private const long Key = 0x6E_65_78_75_73_00_01;

    public static Task ShareAsync(NpgsqlConnection connection, CancellationToken cancellation) => TakeAsync(connection, "SELECT pg_advisory_xact_lock_shared($1)", cancellation);

    /// <summary>Waits until no transaction adds rows; those that would, wait until this one ends.</summary>
    public static Task TakeAsync(NpgsqlConnection connection, CancellationToken cancellation) => TakeAsync(connection, "SELECT pg_advisory_xact_lock($1)", cancellation);

    /// <summary>The same until the connection ends, across its transactions.</summary>
    public static Task HoldAsync(NpgsqlConnection connection, CancellationToken cancellation) => TakeAsync(connection, "SELECT pg_advisory_lock($1)", cancellation);

    private static async Task TakeAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = Key } } };
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
