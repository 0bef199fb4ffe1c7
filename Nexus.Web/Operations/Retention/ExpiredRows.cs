using Npgsql;

namespace Nexus.Web.Operations.Retention;

/// <summary>Deletes expired rows a few thousand at a time, so that nobody waits long for a lock.</summary>
internal static class ExpiredRows
{
    private const int AtATime = 5_000;

    /// <param name="expired">SQL over a row and $1.</param>
    /// <param name="bound">A time, or the id that begins it.</param>
    /// <returns>How many rows went.</returns>
    public static async Task<long> DeleteAsync(NpgsqlConnection connection, string table, string expired, object bound, CancellationToken cancellation)
    {
        for (long rows = 0; ;)
        {
            await using var delete = new NpgsqlCommand($"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {expired} LIMIT {AtATime}))", connection) { CommandTimeout = 0, Parameters = { new() { Value = bound } } };
            if (await delete.ExecuteNonQueryAsync(cancellation) is var some and > 0)
                rows += some;
            else
                return rows;
        }
    }
}
