using Hangfire;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Backups.PointInTime;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Accounting;
using Npgsql;

namespace Nexus.Web.Operations.Restores;

/// <param name="File">Path of the database backup.</param>
/// <param name="Credentials">Path of a credentials backup; null: the credential files stay.</param>
internal sealed record RestoreRequest(string File, string? Credentials, Actor Actor);

/// <summary>
/// Puts a backup in the place of the database: checked, loaded beside it, compared, brought to this version's schema, then both
/// change names. Ingest waits from the start on, on every node, for a lock; what passes meanwhile stays in the journals and comes
/// into the restored database. The replaced one is kept. Single on a node by a file lock, across nodes by that same lock.
/// </summary>
internal sealed partial class DatabaseRestore(Database database, DatabaseLoad load, CredentialsRestore credentials, StoredBases bases, WalArchive archive, IOptions<DataOptions> data, TimeProvider time, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<DatabaseRestore>();

    public string Directory => Path.Combine(data.Value.Directory, "restore");

    public RestoreState? State => RestoreState.Read(Directory);

    /// <summary>The file alone and what would be missing: nothing is changed.</summary>
    /// <exception cref="InvalidDataException">The file cannot be used.</exception>
    public async Task<string> PreviewAsync(RestoreRequest request, CancellationToken cancellation)
    {
        var backup = await CheckAsync(request.File, cancellation);
        var files = request.Credentials is null ? null : await credentials.RunAsync(BackupStore.Read(request.Credentials), dryRun: true, cancellation);
        var words = files is null ? "" : $" {BackupWords.Files(files.Restored.Count, "credential file")} would be put back; {BackupWords.Files(files.Others.Count, "other")} would stay.";
        if (backup.Manifest is null)
            return $"{backup.Name} has no manifest: what it holds is known after it is loaded.{words}";
        await using var connection = await OpenAsync(cancellation);
        return $"{backup.Name} is as it was made. {(await RestoreGap.ReadAsync(connection, backup.Manifest, cancellation)).Words}{Better(backup.Manifest)}{words}";
    }

    /// <summary>What would lose less.</summary>
    private string Better(BackupManifest manifest) => archive.IsOn && manifest.Kind != "moment" && bases.List() is [.., var oldest]
        ? $" Less is lost by a moment: every one since {oldest.EndedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC can be had as a backup first, also the one just before what went wrong (nexus backup at TIME)."
        : "";

    /// <summary>Runs a restore to its end; its state can be followed in <see cref="State"/>.</summary>
    /// <exception cref="InvalidDataException">The backup cannot be used; everything is as it was.</exception>
    /// <exception cref="InvalidOperationException">Another restore runs, or the server refuses something; everything is as it was.</exception>
    public async Task<RestoreState> RunAsync(RestoreRequest request, CancellationToken cancellation)
    {
        using var single = Single();
        await RecoverAsync(cancellation);
        var now = time.GetUtcNow();
        var name = database.Settings.Database!;
        var state = Enter(new(RestoreSteps.Checking, Path.GetFullPath(request.File), request.Credentials, request.Actor.Name, name, ScratchDatabase.NameFor("restore", name), KeptName(name, "before", now), now, now));
        try
        {
            var backup = await CheckAsync(request.File, cancellation);
            if (request.Credentials is { } archive)
                await credentials.RunAsync(BackupStore.Read(archive), dryRun: true, cancellation);
            await using var server = await DatabaseSwap.ConnectAsync(database.Settings, cancellation);
            // Ingest of all nodes waits for this lock; it ends with the connection.
            await using var hold = await OpenAsync(cancellation);
            await AccountingLock.HoldAsync(hold, cancellation);
            state = Enter(state with { Step = RestoreSteps.Loading });
            var fresh = await ScratchDatabase.MakeAsync(server, database.Settings, state.Fresh, cancellation);
            await load.RunAsync(request.File, server, database.Settings, fresh.Name, progress =>
            {
                state = Enter(state with { Share = progress.Share });
                return Task.CompletedTask;
            }, cancellation);
            state = Enter(state with { Step = RestoreSteps.Verifying, Share = 1 });
            var found = await PrepareAsync(fresh.ConnectionString, hold, backup.Manifest?.Database, state, cancellation);
            state = Enter(state with { Step = RestoreSteps.Swapping, Message = found });
            await new DatabaseSwap(database.Settings, hold).RunAsync(name, state.Fresh, state.Kept, cancellation);
            return await FinishAsync(Enter(state with { Step = RestoreSteps.Finishing }), cancellation);
        }
        catch (Exception error)
        {
            await UndoHalfAsync(state);
            Enter(state with { Step = RestoreSteps.Failed, Message = error is OperationCanceledException ? "It was stopped." : error.Message });
            Log.Failed(_logger, error);
            throw;
        }
    }

    /// <summary>What a crash left: a restore that had swapped is finished, one that had not is given up and can be started again.</summary>
    public async Task<RestoreState?> RecoverAsync(CancellationToken cancellation)
    {
        if (State is not { IsOver: false } state)
            return null;
        await using (var server = await DatabaseSwap.ConnectAsync(database.Settings, cancellation))
        {
            await using var exists = new NpgsqlCommand("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", server) { Parameters = { new() { Value = state.Kept } } };
            if (await exists.ExecuteScalarAsync(cancellation) is true)
                return await FinishAsync(state with { Step = RestoreSteps.Finishing }, cancellation);
        }

        await UndoHalfAsync(state);
        Log.CutOff(_logger, state.Step);
        return Enter(state with { Step = RestoreSteps.Failed, Message = $"It was cut off while {state.Step}. The database is as it was; start it again." });
    }

    /// <summary>The same, for who is not in a restore.</summary>
    /// <exception cref="InvalidOperationException">Another process on this machine is at it.</exception>
    public async Task RecoverAloneAsync(CancellationToken cancellation)
    {
        using var single = Single();
        await RecoverAsync(cancellation);
    }

    /// <summary>Gives the replaced database its place back; the restored one is kept in its stead.</summary>
    public async Task<RestoreState> UndoAsync(Actor actor, CancellationToken cancellation)
    {
        using var single = Single();
        if (State is not { Step: RestoreSteps.Done } state)
            throw new InvalidOperationException("There is no finished restore to undo.");
        await using var hold = await OpenAsync(cancellation);
        await AccountingLock.HoldAsync(hold, cancellation);
        var undone = KeptName(state.Database, "undone", time.GetUtcNow());
        await new DatabaseSwap(database.Settings, hold).RunAsync(state.Database, state.Kept, undone, cancellation);
        database.ClearPools();
        await AuditAsync(actor, "restore.undone", state.Database, cancellation);
        return Enter(state with { Step = RestoreSteps.Undone, Message = $"The database of before is back. The restored one is kept as {undone}; requests stored since the restore are in it." });
    }

    public async Task AuditAsync(Actor actor, string action, string subject, CancellationToken cancellation)
    {
        await using var db = new NexusDbContext(NexusDbOptions.Of(database.JobsDataSource));
        db.Record(actor, time.GetUtcNow(), action, subject);
        await db.SaveChangesAsync(cancellation);
    }

    private static async Task<StoredBackup> CheckAsync(string path, CancellationToken cancellation)
    {
        if (!File.Exists(path))
            throw new InvalidDataException($"There is no file {path}.");
        var backup = BackupStore.Read(path);
        if (backup.Manifest is { } manifest)
            await FileCheck.RunAsync(path, manifest.Sums, cancellation);
        return backup;
    }

    /// <summary>Compares the loaded database, brings it to this version, and carries over what must not be forgotten.</summary>
    private async Task<string> PrepareAsync(string connectionString, NpgsqlConnection now, DatabaseContent? content, RestoreState state, CancellationToken cancellation)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var restored = await source.OpenConnectionAsync(cancellation);
        var found = await RestoredDatabase.CompareAsync(restored, content, cancellation);
        await using var db = new NexusDbContext(NexusDbOptions.Of(source));
        await db.Database.MigrateAsync(cancellation);
        var revoked = await Revocations.ReapplyAsync(now, restored, cancellation);
        await using (var drop = new NpgsqlCommand("DROP SCHEMA IF EXISTS hangfire CASCADE; ANALYZE", restored) { CommandTimeout = 0 })
            await drop.ExecuteNonQueryAsync(cancellation);
        HangfireStorage.Install(restored);
        db.Record(new(state.Actor, null), time.GetUtcNow(), "database.restored", state.Database, new { file = Path.GetFileName(state.File), kept = state.Kept, revoked });
        await db.SaveChangesAsync(cancellation);
        return $"{found} Keys that were ended since stay so ({revoked}).";
    }

    private async Task<RestoreState> FinishAsync(RestoreState state, CancellationToken cancellation)
    {
        database.ClearPools();
        var manager = new RecurringJobManager(HangfireStorage.Create(database, loggers), ScheduleFilters.ForServer());
        await using (var db = new NexusDbContext(NexusDbOptions.Of(database.JobsDataSource)))
            foreach (var plan in await JobPlans.ListAsync(db, cancellation))
                JobPlans.Apply(manager, plan);
        var words = "";
        if (state.Credentials is { } archive)
        {
            var files = await credentials.RunAsync(BackupStore.Read(archive), dryRun: false, cancellation);
            words = $" Put back: {BackupWords.Files(files.Restored.Count, "credential file")}{(files.KeptIn is { } kept ? $"; what they replaced is in {kept}" : "")}.";
        }

        Log.Done(_logger, Path.GetFileName(state.File), state.Kept);
        return Enter(state with { Step = RestoreSteps.Done, Message = $"{state.Message}{words} The replaced database is kept as {state.Kept}: 'nexus restore --undo' brings it back, 'dropdb {state.Kept}' frees its space." });
    }

    /// <summary>Names of PostgreSQL have at most 63 bytes.</summary>
    private static string KeptName(string name, string what, DateTimeOffset at) => $"{name[..Math.Min(name.Length, 40)]}_{what}_{at.UtcDateTime:yyyyMMdd_HHmmss}";

    private async Task UndoHalfAsync(RestoreState state)
    {
        if (state.Step is RestoreSteps.Finishing)
            return;
        try
        {
            await using var server = await DatabaseSwap.ConnectAsync(database.Settings, CancellationToken.None);
            await using var drop = new NpgsqlCommand($"DROP DATABASE IF EXISTS {state.Fresh} WITH (FORCE)", server);
            await drop.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception lost) when (lost is NpgsqlException or TimeoutException)
        {
            // The next restore replaces it by its name.
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.Settings.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellation);
        return connection;
    }

    private FileStream Single()
    {
        PrivateFiles.MakeDirectory(Directory);
        try
        {
            return new FileStream(Path.Combine(Directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new InvalidOperationException("A restore is running already.");
        }
    }

    private RestoreState Enter(RestoreState state)
    {
        var now = state with { ChangedAt = time.GetUtcNow() };
        now.Write(Directory);
        return now;
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "database_restored", Level = LogLevel.Warning, Message = "The database was restored from {File}; the replaced one is kept as {Kept}.")]
        public static partial void Done(ILogger logger, string file, string kept);

        [LoggerMessage(EventName = "restore_failed", Level = LogLevel.Error, Message = "The restore failed; the database is as it was.")]
        public static partial void Failed(ILogger logger, Exception error);

        [LoggerMessage(EventName = "restore_cut_off", Level = LogLevel.Error, Message = "A restore was cut off while {Step}; the database is as it was.")]
        public static partial void CutOff(ILogger logger, string step);
    }
}
