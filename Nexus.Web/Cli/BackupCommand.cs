using System.CommandLine;
using System.Globalization;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Backups.PointInTime;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;

namespace Nexus.Web.Cli;

/// <summary><c>nexus backup database|at|credentials|list</c>: the same backups that the jobs make, also while Nexus runs.</summary>
internal static class BackupCommand
{
    public static Command Create() => new("backup", "Backups of the database and of the credential files.") { ForDatabase(), At(), ForCredentials(), List() };

    private static Command ForDatabase()
    {
        var since = new Option<string>("--since") { Description = "Only recent data that restores by itself: '2 days', '36 hours', '1 week', or an ISO 8601 time." };
        var custom = new Option<bool>("--custom") { Description = "pg_dump's own format, for pg_restore: faster to restore, not readable." };
        var file = new Option<string>("--file") { Description = "Where the backup goes, its manifest beside it. Without: BACKUP_DIR/database." };
        var command = new Command("database", "Dumps the database, with a manifest of what it holds; prints the file's path.") { since, custom, file };
        command.SetAction((parsed, cancellation) => CliDatabase.RunAsync(builder => builder.AddBackups(), async (services, stopping) =>
        {
            var request = new BackupRequest(parsed.GetValue(since) is { } text ? Since.Parse(text, TimeProvider.System.GetUtcNow()) : null, parsed.GetValue(custom));
            await using var connection = await services.GetRequiredService<Database>().JobsDataSource.OpenConnectionAsync(stopping);
            if (!await JobLock.TryTakeAsync(connection, DatabaseBackup.Lock, stopping))
                throw new InvalidOperationException("A backup of the database is being made already.");
            await AuditTrail.WriteAsync(services.GetRequiredService<Database>(), Actor.CommandLine, "backup.made", "database", new { request.Since, file = parsed.GetValue(file) }, stopping);
            var manifest = await services.GetRequiredService<DatabaseBackup>().RunAsync(connection, request, progress =>
            {
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{progress.Share * 100:0} %, {progress.Bytes >> 20} MB"));
                return Task.CompletedTask;
            }, stopping);
            var path = Path.Combine(services.GetRequiredService<BackupStore>().DirectoryOf(manifest.Kind), manifest.File);
            Console.WriteLine(parsed.GetValue(file) is { } wanted ? Move(path, wanted) : path);
            Console.Error.WriteLine($"{BackupWords.Size(manifest)}, {BackupWords.Rows(manifest)}. {manifest.Holds}");
            return 0;
        }, cancellation));
        return command;
    }

    private static Command At()
    {
        var moment = new Argument<string>("moment") { Description = "An ISO 8601 time, such as 2026-11-25T10:00:00Z, or latest." };
        var command = new Command("at", "The database as it was at a moment, as a backup that nexus restore takes (BACKUP_PITR); prints the file's path.") { moment };
        command.SetAction((parsed, cancellation) =>
        {
            var text = parsed.GetValue(moment)!;
            DateTimeOffset? at = text == "latest" ? null : IsoTime.Parse("moment", text);
            return CliDatabase.RunAsync(builder => builder.AddBackups(), async (services, stopping) =>
            {
                try
                {
                    await AuditTrail.WriteAsync(services.GetRequiredService<Database>(), Actor.CommandLine, "backup.made", "moment", new { at = text }, stopping);
                }
                catch (Exception error) when (DatabaseAway.IsDatabase(error))
                {
                    Console.Error.WriteLine("The database is away, so the audit log has no entry of this.");
                }

                var manifest = await services.GetRequiredService<MomentBackup>().RunAsync(at, words =>
                {
                    Console.Error.WriteLine(words);
                    return Task.CompletedTask;
                }, stopping);
                Console.WriteLine(Path.Combine(services.GetRequiredService<BackupStore>().DirectoryOf(manifest.Kind), manifest.File));
                Console.Error.WriteLine($"{BackupWords.Size(manifest)}, {BackupWords.Rows(manifest)}. Compare and restore it with nexus restore --database FILE [--dry-run].");
                return 0;
            }, cancellation, mayBeAway: true);
        });
        return command;
    }

    private static Command ForCredentials()
    {
        var command = new Command("credentials", "Archives CREDENTIALS_DIR, encrypted when BACKUP_PASSPHRASE is set; prints the file's path.");
        command.SetAction(async (_, cancellation) =>
        {
            await using var app = CliHost.Build(builder => builder.AddBackups());
            var manifest = await app.Services.GetRequiredService<CredentialsBackup>().RunAsync(cancellation);
            Console.WriteLine(Path.Combine(app.Services.GetRequiredService<BackupStore>().DirectoryOf("credentials"), manifest.File));
            Console.Error.WriteLine(manifest.Holds);
            return 0;
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Lists backups, one a line, separated by tabs.");
        command.SetAction(async (_, _) =>
        {
            await using var app = CliHost.Build(builder => builder.AddBackups());
            var store = app.Services.GetRequiredService<BackupStore>();
            Console.WriteLine("file\tmade\tbytes\trows\tverified");
            foreach (var (_, backup) in store.All())
                Console.WriteLine(string.Join('\t', backup.Path, Time(backup.MadeAt), backup.Bytes, backup.Manifest?.Database?.Rows.Values.Sum().ToString(CultureInfo.InvariantCulture) ?? "-",
                    backup.Verified switch { null => "never", { Problem: { } problem } => problem, var verified => Time(verified.At) }));
            return 0;
        });
        return command;
    }

    private static string Move(string path, string wanted)
    {
        var target = Path.GetFullPath(wanted);
        File.Move(path, target);
        File.Move(path + BackupStore.ManifestSuffix, target + BackupStore.ManifestSuffix, overwrite: true);
        return target;
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
