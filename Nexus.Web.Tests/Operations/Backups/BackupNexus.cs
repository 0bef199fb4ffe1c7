using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Jobs;
using Nexus.Web.Tests.Usage;
using Npgsql;

namespace Nexus.Web.Tests.Operations.Backups;

/// <summary>A Nexus with some requests in its database and a credential file, for what is backed up and restored.</summary>
internal sealed class BackupNexus : IAsyncDisposable
{
    public const string Canary = "sk-ant-canary-0123456789";
    public const string CanaryText = "the canary sings in the conversation";

    private readonly FakeAnthropic _upstream;

    private BackupNexus(FakeAnthropic upstream, NexusApp app, string database, string directory)
    {
        (_upstream, App, Database, Directory) = (upstream, app, database, directory);
        Jobs = new(app);
    }

    public NexusApp App { get; }

    public string Database { get; }

    public string Directory { get; }

    public JobHistory Jobs { get; }

    public BackupStore Store => App.Services.GetRequiredService<BackupStore>();

    public static async Task<BackupNexus> StartAsync(params (string Name, string Value)[] settings)
    {
        var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("application/json", Streams.Json);
        var database = await Postgres.NewDatabaseAsync();
        var directory = System.IO.Directory.CreateTempSubdirectory("nexus-backup-").FullName;
        var app = await NexusApp.StartAsync(upstream, database, directory, settings);
        app.WriteCredential("one.example", $$"""{"type":"api_key","accountId":"acc_one","api_key":"{{Canary}}"}""");
        File.SetUnixFileMode(Path.Combine(app.CredentialsDirectory, "one.example.credentials.json"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var nexus = new BackupNexus(upstream, app, database, directory);
        await nexus.Jobs.ServingAsync();
        for (var turn = 1; turn <= 4; turn++)
            await nexus.RequestAsync(turn);
        return nexus;
    }

    /// <summary>A turn of one conversation, stored.</summary>
    public async Task<string> RequestAsync(int turn)
    {
        var messages = Enumerable.Range(0, turn * 2 - 1).Select(i => $$"""{"role":"{{(i % 2 == 0 ? "user" : "assistant")}}","content":"{{CanaryText}}, line {{i}}"}""");
        var id = await App.MessageAsync($$"""{"model":"claude-haiku-4-5","system":"Sing.","messages":[{{string.Join(", ", messages)}}]}""", "two.example");
        await NexusApp.UntilAsync(async () => await NumberAsync($"SELECT count(*) FROM requests WHERE id = '{id}'") == 1, $"request {id} is stored");
        return id;
    }

    /// <summary>Runs a job to its end; the summary.</summary>
    public async Task<string> RunJobAsync(string job, string state = "Succeeded")
    {
        var data = await Jobs.StateAsync(Jobs.Trigger(job), state);
        return state == "Succeeded" ? System.Text.Json.JsonSerializer.Deserialize<string>(data["Result"])! : data["ExceptionMessage"];
    }

    public async Task<StoredBackup> BackUpAsync()
    {
        await RunJobAsync(DatabaseBackupJob.Id);
        return Store.List("database")[0];
    }

    public Task<long> NumberAsync(string sql) => LedgerSums.NumberAsync(Database, sql);

    public async Task SqlAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(Database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A new, quite empty database on the same server.</summary>
    public static async Task<string> EmptyAsync() => await (await Postgres.RunAsync()).CreateAsync("template0");

    /// <summary>Runs a shell command with the environment that reaches a database; fails with what it says.</summary>
    public static async Task ShellAsync(string command, string database)
    {
        var settings = new NpgsqlConnectionStringBuilder(database);
        var (code, output, error) = await Scripts.RunAsync("bash", ["-c", "set -o pipefail; " + command], "/", new Dictionary<string, string?> { ["PGHOST"] = settings.Host, ["PGPORT"] = settings.Port.ToString(CultureInfo.InvariantCulture), ["PGUSER"] = settings.Username, ["PGDATABASE"] = settings.Database, ["PGPASSWORD"] = settings.Password });
        if (code != 0)
            throw new InvalidOperationException($"{command}: {output} {error}");
    }

    public async Task<(int Code, string Output, string Error)> CliAsync(params string[] arguments)
    {
        var (code, output, error) = await Scripts.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "Nexus.Web.dll"), .. arguments], Directory, new Dictionary<string, string?> { ["DATA_DIR"] = Directory, ["CREDENTIALS_DIR"] = App.CredentialsDirectory, ["DATABASE_URL"] = Database });
        return (code, output.Trim(), error.Trim());
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await _upstream.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
