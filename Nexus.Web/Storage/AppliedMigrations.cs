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
    private static readonly string[] Known = [.. typeof(AppliedMigrations).Assembly.GetTypes().Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id).OfType<string>()];

    public static async Task<bool> AreCompleteAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"SELECT count(*) FROM {NexusDbOptions.MigrationsTable} WHERE migration_id = ANY($1)");
        command.Parameters.Add(new() { Value = Known });
        try
        {
            return (long)(await command.ExecuteScalarAsync(cancellation))! == Known.Length;
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return false;
        }
    }
}
