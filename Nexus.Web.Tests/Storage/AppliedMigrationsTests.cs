using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Storage;

public sealed class AppliedMigrationsTests
{
    [Fact]
    public async Task An_empty_database_and_one_of_an_older_version_want_migrations()
    {
        await using var empty = NpgsqlDataSource.Create(await (await Postgres.RunAsync()).CreateAsync("template1"));
        Assert.False(await AppliedMigrations.AreCompleteAsync(empty, CancellationToken.None));
        await using var source = NpgsqlDataSource.Create(await Postgres.NewDatabaseAsync());
        Assert.True(await AppliedMigrations.AreCompleteAsync(source, CancellationToken.None));
        await using (var newer = source.CreateCommand("INSERT INTO schema_migrations VALUES ('29991231235959_Later', '10')"))
            await newer.ExecuteNonQueryAsync();
        Assert.True(await AppliedMigrations.AreCompleteAsync(source, CancellationToken.None));
        await using (var older = source.CreateCommand("DELETE FROM schema_migrations WHERE migration_id LIKE '%_JobRuns'"))
            await older.ExecuteNonQueryAsync();
        Assert.False(await AppliedMigrations.AreCompleteAsync(source, CancellationToken.None));
    }
}
