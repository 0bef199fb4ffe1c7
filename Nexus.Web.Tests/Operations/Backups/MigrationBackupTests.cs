using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Backups;

public sealed class MigrationBackupTests : IDisposable
{
    private const string Before = "20261125093438_Usage";
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-migration-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_database_whose_tables_a_new_version_changes_is_backed_up_first_and_only_then()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        var database = await DatabaseOfBeforeAsync();
        await using (var updated = await NexusApp.StartAsync(upstream, database, _directory))
        {
            await updated.ReadyAsync();
            var made = Assert.Single(updated.Services.GetRequiredService<BackupStore>().List("database"));
            Assert.Equal(Before, made.Manifest!.Database!.Schema);
        }

        await using var again = await NexusApp.StartAsync(upstream, database, _directory);
        await again.ReadyAsync();
        Assert.Single(again.Services.GetRequiredService<BackupStore>().List("database"));
    }

    [Fact]
    public async Task Neither_an_empty_database_nor_one_of_who_does_not_want_it_is_backed_up()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        foreach (var (database, wanted) in new[] { (await (await Postgres.RunAsync()).CreateAsync("template1"), "true"), (await DatabaseOfBeforeAsync(), "false") })
        {
            await using var nexus = await NexusApp.StartAsync(upstream, database, _directory, ("BACKUP_BEFORE_MIGRATION", wanted));
            await nexus.ReadyAsync();
            Assert.Empty(nexus.Services.GetRequiredService<BackupStore>().List("database"));
        }
    }

    private static async Task<string> DatabaseOfBeforeAsync()
    {
        var database = await (await Postgres.RunAsync()).CreateAsync("template1");
        await using var source = NpgsqlDataSource.Create(database + ";Pooling=false");
        await using var context = new NexusDbContext(NexusDbOptions.Of(source));
        await context.GetService<IMigrator>().MigrateAsync(Before);
        return database;
    }
}
