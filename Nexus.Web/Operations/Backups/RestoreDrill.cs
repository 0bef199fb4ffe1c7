using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Backups;

/// <summary>Restores the newest backups where they harm nothing, compares them with their manifests, and writes down what came of it.</summary>
internal sealed class RestoreDrill(Database database, BackupStore store, DatabaseLoad load, IOptions<BackupOptions> options, TimeProvider time)
{
    /// <param name="connection">Outside a transaction.</param>
    /// <returns>What was found, by file.</returns>
    public async Task<List<(string File, Verification Result)>> RunAsync(NpgsqlConnection connection, Func<DumpProgress, Task> report, CancellationToken cancellation)
    {
        var results = new List<(string, Verification)>();
        if (store.List("database").FirstOrDefault() is not { } newest)
            throw new InvalidOperationException($"There is no backup of the database in {store.DirectoryOf("database")}: run database-backup first.");
        results.Add((newest.Name, await RecordAsync(newest, () => DatabaseAsync(newest, connection, report, cancellation))));
        if (store.List("credentials").FirstOrDefault() is { } credentials)
            results.Add((credentials.Name, await RecordAsync(credentials, () => CredentialsAsync(credentials, cancellation))));
        return results;
    }

    private async Task<string> DatabaseAsync(StoredBackup backup, NpgsqlConnection connection, Func<DumpProgress, Task> report, CancellationToken cancellation)
    {
        var manifest = Manifest(backup);
        await FileCheck.RunAsync(backup.Path, manifest.Sums, cancellation);
        await using var scratch = await ScratchDatabase.MakeAsync(connection, database.Settings, ScratchDatabase.NameFor("drill", connection.Database), cancellation);
        await load.RunAsync(backup.Path, connection, database.Settings, scratch.Name, report, cancellation);
        await using var restored = new NpgsqlConnection(scratch.ConnectionString);
        await restored.OpenAsync(cancellation);
        return await RestoredDatabase.CompareAsync(restored, manifest.Database, cancellation);
    }

    private async Task<string> CredentialsAsync(StoredBackup backup, CancellationToken cancellation)
    {
        var scratch = Path.Combine(store.DirectoryOf("credentials"), ".drill");
        if (Directory.Exists(scratch))
            Directory.Delete(scratch, recursive: true);
        PrivateFiles.MakeDirectory(scratch);
        try
        {
            var files = await CredentialsArchive.ExtractAsync(backup.Path, Manifest(backup), options.Value.Passphrase, scratch, cancellation);
            return $"{BackupWords.Files(files.Count)} as backed up.";
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static BackupManifest Manifest(StoredBackup backup) => backup.Manifest ?? throw new InvalidDataException($"The manifest of {backup.Name} is missing or cannot be read.");

    /// <summary>Damage is a result; a server that is away or a missing program says nothing of the backup.</summary>
    private async Task<Verification> RecordAsync(StoredBackup backup, Func<Task<string>> verify)
    {
        Verification result;
        try
        {
            result = new(time.GetUtcNow(), null, await verify());
        }
        catch (InvalidDataException damaged)
        {
            result = new(time.GetUtcNow(), damaged.Message, null);
        }

        BackupStore.Record(backup, result);
        return result;
    }
}
