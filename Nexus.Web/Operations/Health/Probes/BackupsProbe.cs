using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Whether a backup that was restored as a test is young enough.</summary>
internal sealed class BackupsProbe(BackupStore store, IOptions<BackupOptions> options, TimeProvider time) : IProbe
{
    public string Name => "backups";

    public string Title => "Backups";

    /// <summary>Null until they were looked at.</summary>
    public IReadOnlyList<BackupTimes>? Last { get; private set; }

    public Task<Finding> LookAsync(CancellationToken cancellation)
    {
        var database = store.List("database");
        var credentials = store.List("credentials");
        Last = [Times("database", database), Times("credentials", credentials)];
        return Task.FromResult(Judge(database, TimeSpan.FromHours(options.Value.MaxAgeHours), time.GetUtcNow()));
    }

    /// <param name="backups">Of the database, newest first.</param>
    public static Finding Judge(IReadOnlyList<StoredBackup> backups, TimeSpan most, DateTimeOffset now)
    {
        if (backups.Count == 0)
            return Finding.Warning("There is none yet.", "One is made each night at 00:25 UTC; the page Backups (or nexus backup database) makes one now.");
        if (backups.FirstOrDefault(backup => backup.Verified is not null) is { Verified.Problem: { } problem })
            return Finding.Failure($"The last drill failed. {problem}", "Make a new backup and verify it on the page Backups; if that fails too, look at the run of restore-drill.");
        if (backups.FirstOrDefault(backup => backup.Verified is { Problem: null }) is not { } verified)
            return Finding.Warning($"No backup is verified yet. The newest is {Age(now - backups[0].MadeAt)} old.", "The drill restores the newest each Sunday, or now with the button on the page Backups.");
        var age = now - verified.MadeAt;
        return age > most
            ? Finding.Failure($"The last verified backup is too old. It is {Age(age)} old, more than BACKUP_MAX_AGE_HOURS ({most.TotalHours:0}).", "Look at the last runs of database-backup and restore-drill on the page Jobs.")
            : Finding.Ok($"The newest that is verified is {Age(age)} old.");
    }

    private static string Age(TimeSpan age) => Display.Milliseconds(Math.Max(0, age.TotalMilliseconds));

    private static BackupTimes Times(string kind, List<StoredBackup> backups) =>
        new(kind, backups.FirstOrDefault()?.MadeAt, backups.Find(backup => backup.Verified is { Problem: null })?.MadeAt, backups.FirstOrDefault()?.Bytes ?? 0);
}

/// <param name="Newest">When it was made.</param>
/// <param name="Verified">When the newest verified one was made.</param>
/// <param name="Bytes">Of the newest.</param>
internal sealed record BackupTimes(string Kind, DateTimeOffset? Newest, DateTimeOffset? Verified, long Bytes);
