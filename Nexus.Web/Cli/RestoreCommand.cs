using System.CommandLine;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Restores;

namespace Nexus.Web.Cli;

/// <summary><c>nexus restore</c>: puts a backup in the database's place, beside a running Nexus or without one.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var file = new Option<string>("--database") { Description = "The database backup: .sql.gz or .dump." };
        var credentials = new Option<string>("--credentials") { Description = "A credentials backup to put back as well; alone, only that." };
        var dry = new Option<bool>("--dry-run") { Description = "Checks the files and says what would be missing; changes nothing." };
        var undo = new Option<bool>("--undo") { Description = "Brings back the database that the last restore replaced." };
        var command = new Command("restore", "Puts backups back. The replaced database and files are kept.") { file, credentials, dry, undo };
        command.SetAction((parsed, cancellation) => parsed.GetValue(file) is null && parsed.GetValue(credentials) is { } archive
            ? CredentialsAsync(archive, parsed.GetValue(dry), cancellation)
            : RunAsync(parsed.GetValue(file), parsed.GetValue(credentials), parsed.GetValue(dry), parsed.GetValue(undo), cancellation));
        return command;
    }

    private static Task<int> RunAsync(string? file, string? credentials, bool dry, bool undo, CancellationToken cancellation) => CliDatabase.RunAsync(builder => builder.AddBackups(), async (services, stopping) =>
    {
        var restore = services.GetRequiredService<DatabaseRestore>();
        if (undo)
        {
            Console.WriteLine((await restore.UndoAsync(Actor.CommandLine, stopping)).Message);
            return 0;
        }

        if (file is null)
            throw new InvalidOperationException("Say what to restore: --database FILE, --credentials FILE, or --undo.");
        var request = new RestoreRequest(Path.GetFullPath(file), credentials is null ? null : Path.GetFullPath(credentials), Actor.CommandLine);
        try
        {
            Console.Error.WriteLine(await restore.PreviewAsync(request, stopping));
            if (!dry)
                Console.WriteLine((await restore.RunAsync(request, stopping)).Message);
            return 0;
        }
        catch (InvalidDataException damaged)
        {
            throw new InvalidOperationException($"{damaged.Message} Nothing was changed.");
        }
    }, cancellation);

    private static async Task<int> CredentialsAsync(string archive, bool dry, CancellationToken cancellation)
    {
        await using var app = CliHost.Build(builder => builder.AddBackups());
        try
        {
            var done = await app.Services.GetRequiredService<CredentialsRestore>().RunAsync(BackupStore.Read(Path.GetFullPath(archive)), dry, cancellation);
            Console.WriteLine($"{BackupWords.Files(done.Restored.Count)} {(dry ? "would be put back" : "put back")}: {string.Join(", ", done.Restored)}.{(done.KeptIn is { } kept ? $" What they replaced is in {kept}." : "")}{(done.Others.Count > 0 ? $" Not in the backup, and left: {string.Join(", ", done.Others)}." : "")}");
            return 0;
        }
        catch (InvalidDataException damaged)
        {
            throw new InvalidOperationException($"{damaged.Message} Nothing was changed.");
        }
    }
}
