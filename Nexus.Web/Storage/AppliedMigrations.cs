using System.Reflection;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Nexus.Web.Storage;

/// <summary>
/// Whether the schema is this version's already, in one small query. EF Core asks the same, but builds its model first, which
/// takes half a second that every start would wait for.
/// </summary>
internal static class AppliedMigrations
{
    public static async Task<bool> AreCompleteAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        string[] known = [.. typeof(AppliedMigrations).Assembly.GetTypes().Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id).OfType<string>()];
        await using var command = source.CreateCommand($"SELECT count(*) FROM {NexusDbOptions.MigrationsTable} WHERE migration_id = ANY($1)");
        command.Parameters.Add(new() { Value = known });
        try
        {
            return (long)(await command.ExecuteScalarAsync(cancellation))! == known.Length;
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return false;
        }
    }
}
