using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Whether a backup that was restored as a test is young enough.</summary>
internal sealed class BackupsProbe(BackupStore store, IServiceProvider services, IOptions<BackupOptions> options, TimeProvider time) : IProbe
{
    public string Name => "backups";

    public string Title => "Backups";

    /// <summary>Null until they were looked at.</summary>
    public IReadOnlyList<BackupTimes>? Last { get; private set; }

    public async Task<Finding> LookAsync(CancellationToken cancellation)
    {
        var database = store.List("database");
        var credentials = store.List("credentials");
        Last = [Times("database", database), Times("credentials", credentials)];
        return Judge(await StateAsync(database, cancellation), TimeSpan.FromHours(options.Value.MaxAgeHours), time.GetUtcNow());
    }

    /// <summary>For where there is no database to be asked, and must be none.</summary>
    public Task<Finding> LookAtFilesAsync(CancellationToken cancellation) =>
        Task.FromResult(Judge(BackupState.Of(store.List("database")), TimeSpan.FromHours(options.Value.MaxAgeHours), time.GetUtcNow()));

    /// <summary>By the files alone while the database cannot be asked: it has a check of its own.</summary>
    private async Task<BackupState> StateAsync(List<StoredBackup> files, CancellationToken cancellation)
    {
        var database = services.GetRequiredService<Database>();
        if (database.State.Condition == DatabaseCondition.Away)
            return BackupState.Of(files);
        try
        {
            await using var db = new NexusDbContext(NexusDbOptions.Of(database.JobsDataSource));
            return await BackupState.ReadAsync(files, db, cancellation);
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error) || error is System.Net.Sockets.SocketException or IOException)
        {
            return BackupState.Of(files);
        }
    }

    public static Finding Judge(BackupState state, TimeSpan most, DateTimeOffset now)
    {
        if (state.Damaged is { Verified.Problem: { } problem })
            return Finding.Failure($"The last drill failed. {problem}", "Make a new backup and verify it on the page Backups; if that fails too, look at the run of restore-drill.");
        const string Look = "Look at the last runs of database-backup and restore-drill on the page Jobs.";
        if (state.Verified is not { } verified)
        {
            if (state.Newest is not { } newest)
                return Finding.Warning("There is none yet.", "One is made each night at 00:25 UTC; the page Backups (or nexus backup database) makes one now.");
            return state.IsTooOld(most, now)
                ? Finding.Failure($"No backup was ever verified, and more than BACKUP_MAX_AGE_HOURS ({most.TotalHours:0}) have passed since the first.", Look)
                : Finding.Warning($"No backup is verified yet. The newest is {Age(now - newest)} old.", "The drill restores the newest each Sunday, or now with the button on the page Backups.");
        }

        return state.IsTooOld(most, now)
            ? Finding.Failure($"The last verified backup is too old. It is {Age(now - verified)} old, more than BACKUP_MAX_AGE_HOURS ({most.TotalHours:0}).", Look)
            : Finding.Ok($"The newest that is verified is {Age(now - verified)} old.");
    }

    private static string Age(TimeSpan age) => Display.Milliseconds(Math.Max(0, age.TotalMilliseconds));

    private static BackupTimes Times(string kind, List<StoredBackup> backups) =>
        new(kind, backups.FirstOrDefault()?.MadeAt, backups.Find(backup => backup.Verified is { Problem: null })?.MadeAt, backups.FirstOrDefault()?.Bytes ?? 0);
}

/// <param name="Newest">When it was made.</param>
/// <param name="Verified">When the newest verified one was made.</param>
/// <param name="Bytes">Of the newest.</param>
internal sealed record BackupTimes(string Kind, DateTimeOffset? Newest, DateTimeOffset? Verified, long Bytes);
