using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Storage;

public class OperatorsQueriesTests
{
    /// <summary>docs/operations.md: the names are put together without quotes, so a table with capitals would end it.</summary>
    [Fact]
    public async Task The_guide_s_query_of_table_sizes_lists_the_ledger()
    {
        await using var source = NpgsqlDataSource.Create(await Postgres.NewDatabaseAsync());
        await using var command = source.CreateCommand("""
            SELECT schemaname,tablename,pg_size_pretty(pg_total_relation_size(schemaname||'.'||tablename))
            FROM pg_tables WHERE schemaname = 'public' ORDER BY pg_total_relation_size(schemaname||'.'||tablename) DESC;
            """);
        await using var reader = await command.ExecuteReaderAsync();
        var tables = new List<string>();
        while (await reader.ReadAsync())
            tables.Add(reader.GetString(1));
        Assert.Contains("requests", tables);
        Assert.Contains("schema_migrations", tables);
    }
}
