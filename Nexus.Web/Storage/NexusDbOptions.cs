using Microsoft.EntityFrameworkCore;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace Nexus.Web.Storage;

/// <summary>How <see cref="NexusDbContext"/> speaks to PostgreSQL, in one place for the app, its migrations and the tests.</summary>
internal static class NexusDbOptions
{
    /// <summary>Lower case like every other name: EF Core's own needs quotes, which operators' queries over table names do not write.</summary>
    public const string MigrationsTable = "schema_migrations";

    /// <summary>
    /// Where EF Core keeps its model and what it made of queries: once for the process. By itself it would have one for each
    /// connection string, and every pool has its own; a model takes half a second, and each query some milliseconds.
    /// </summary>
    private static readonly ServiceProvider Kept = new ServiceCollection().AddEntityFrameworkNpgsql().AddEntityFrameworkNamingConventions().BuildServiceProvider();

    public static DbContextOptionsBuilder UseNexus(this DbContextOptionsBuilder options, NpgsqlDataSource source) =>
        options.UseNpgsql(source, Provider).UseSnakeCaseNamingConvention().UseInternalServiceProvider(Kept);

    /// <summary>For who makes a context by hand.</summary>
    public static DbContextOptions<NexusDbContext> Of(NpgsqlDataSource source)
    {
        var options = new DbContextOptionsBuilder<NexusDbContext>();
        options.UseNexus(source);
        return options.Options;
    }

    private static void Provider(NpgsqlDbContextOptionsBuilder npgsql) => npgsql.MigrationsHistoryTable(MigrationsTable);
}
