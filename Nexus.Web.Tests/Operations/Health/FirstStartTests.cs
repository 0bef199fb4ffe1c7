using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations.Health;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Backups;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Health;

public sealed class FirstStartTests
{
    [Fact]
    public async Task A_schema_that_is_being_made_is_no_error_of_the_database()
    {
        var database = await BackupNexus.EmptyAsync();
        await using var held = new NpgsqlConnection(database);
        await held.OpenAsync();
        await ExecuteAsync(held, """
            CREATE FUNCTION held() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(7); END';
            CREATE EVENT TRIGGER held ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION held();
            SELECT pg_advisory_lock(7)
            """);
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, database);
        var board = nexus.Services.GetRequiredService<CheckBoard>();
        await NexusApp.UntilAsync(async () =>
        {
            await board.RefreshAsync(CancellationToken.None);
            return Database(board).Summary.Contains("is bringing its schema up to date", StringComparison.Ordinal);
        }, "the database is looked at while its schema is made");
        await ExecuteAsync(held, "SELECT pg_advisory_unlock(7)");
        await nexus.ReadyAsync();
        await board.RefreshAsync(CancellationToken.None);
        Assert.Equal(("ok", null), (Database(board).State, Database(board).LastError));
    }

    private static CheckState Database(CheckBoard board) => board.States.Single(check => check.Name == "database");

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
