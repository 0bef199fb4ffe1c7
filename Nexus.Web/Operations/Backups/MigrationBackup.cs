using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Backups;

/// <summary>
/// Backs the database up before a new version changes tables of it. Requests are proxied meanwhile, and wait in the journal. What cannot be backed up
/// is migrated all the same, and the log says so: migrations only add, and a Nexus that never starts would help nobody.
/// </summary>
internal sealed partial class MigrationBackup(Database database, DatabaseBackup backup, IOptions<BackupOptions> options, ILogger<MigrationBackup> logger)
{
    private bool _isOver;

    /// <summary>Once for each process: a migration that fails is tried again and again.</summary>
    public async Task RunAsync(NexusDbContext context, CancellationToken cancellation)
    {
        if (_isOver || !options.Value.BeforeMigration || !await ChangesTablesAsync(context, cancellation))
            return;
        try
        {
            await MakeAsync(cancellation);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested && (error is PostgresException || !DatabaseAway.IsDatabase(error)))
        {
            Log.NotMade(logger, error.Message);
        }

        _isOver = true;
    }

    private async Task MakeAsync(CancellationToken cancellation)
    {
        await using var connection = await database.JobsDataSource.OpenConnectionAsync(cancellation);
        if (!await JobLock.TryTakeAsync(connection, DatabaseBackup.Lock, cancellation))
        {
            Log.NotMade(logger, "another node, or a command, is making a backup at this moment.");
            return;
        }

        try
        {
            Log.Makes(logger);
            await backup.RunAsync(connection, new(), _ => Task.CompletedTask, cancellation);
        }
        finally
        {
            await JobLock.ReleaseAsync(connection);
        }
    }

    /// <summary>Whether there is something to lose: tables of a version before, and a migration that does more than add new ones beside them.</summary>
    private static async Task<bool> ChangesTablesAsync(NexusDbContext context, CancellationToken cancellation)
    {
        if (!(await context.Database.GetAppliedMigrationsAsync(cancellation)).Any())
            return false;
        var known = context.GetService<IMigrationsAssembly>();
        return (await context.Database.GetPendingMigrationsAsync(cancellation))
            .SelectMany(id => known.CreateMigration(known.Migrations[id], context.Database.ProviderName!).UpOperations)
            .Any(operation => operation is not (CreateTableOperation or CreateIndexOperation));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "This version changes tables: the database is backed up first (BACKUP_BEFORE_MIGRATION). Requests are proxied meanwhile.")]
        public static partial void Makes(ILogger logger);

        [LoggerMessage(EventName = "migration_backup_missing", Level = LogLevel.Warning, Message = "Tables are changed without a backup before: {Reason}")]
        public static partial void NotMade(ILogger logger, string reason);
    }
}
