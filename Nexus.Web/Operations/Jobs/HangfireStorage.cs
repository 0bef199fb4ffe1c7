using Hangfire;
using Hangfire.Logging;
using Hangfire.PostgreSql;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Jobs;

/// <summary>Hangfire's storage in schema <c>hangfire</c> of Nexus's own database. Making it opens no connection.</summary>
internal static class HangfireStorage
{
    private const string Schema = "hangfire";

    public static PostgreSqlStorage Create(Database database, ILoggerFactory loggers)
    {
        LogProvider.SetCurrentLogProvider(new HangfireLog(loggers, () => database.State.Condition == DatabaseCondition.Ready));
        GlobalConfiguration.Configuration.SetDataCompatibilityLevel(CompatibilityLevel.Version_180).UseSimpleAssemblyNameTypeSerializer().UseRecommendedSerializerSettings();
        var options = new PostgreSqlStorageOptions
        {
            SchemaName = Schema,
            PrepareSchemaIfNecessary = false,
            QueuePollInterval = TimeSpan.FromSeconds(2),
            // A killed node's run is taken up by another after this long; a living one says every fifth of it that it is alive.
            InvisibilityTimeout = TimeSpan.FromMinutes(2),
            UseSlidingInvisibilityTimeout = true,
        };
        return new PostgreSqlStorage(new Connections(database), options) { JobExpirationTimeout = TimeSpan.FromDays(7) };
    }

    /// <summary>Makes or updates the schema.</summary>
    public static void Install(NpgsqlConnection connection) => PostgreSqlObjectsInstaller.Install(connection, Schema);

    private sealed class Connections(Database database) : IConnectionFactory
    {
        public NpgsqlConnection GetOrCreateConnection() => database.SchedulerDataSource.CreateConnection();
    }
}
