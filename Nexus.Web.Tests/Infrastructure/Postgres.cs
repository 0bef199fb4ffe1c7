using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>A throw-away cluster of the installed PostgreSQL, or the server that NEXUS_TEST_POSTGRES names (a superuser's connection string).</summary>
internal sealed class Postgres
{
    private static readonly Lazy<Task<Postgres>> Shared = new(() => StartAsync());
    private readonly string _connection;
    private readonly string _directory;
    private int _databases;

    private Postgres(string connection, string directory)
    {
        _connection = connection;
        _directory = directory;
    }

    /// <summary>The test run's own server, with a migrated template; stopped when the run ends.</summary>
    public static Task<Postgres> RunAsync() => Shared.Value;

    /// <summary>A connection string to a new, migrated database.</summary>
    public static async Task<string> NewDatabaseAsync() => await (await RunAsync()).CreateAsync("template_nexus");

    /// <summary>Drops a database of the run's server: for those too big to keep until the run ends.</summary>
    public static async Task DropAsync(string database)
    {
        var name = new NpgsqlConnectionStringBuilder(database).Database;
        await using var connection = new NpgsqlConnection((await RunAsync())._connection + ";Pooling=false");
        await connection.OpenAsync();
        await using var drop = new NpgsqlCommand($"DROP DATABASE {name} WITH (FORCE)", connection);
        await drop.ExecuteNonQueryAsync();
    }

    /// <summary>A server of a test's own, that it may stop and start.</summary>
    public static async Task<Postgres> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("NEXUS_TEST_POSTGRES") is { Length: > 0 } given)
            return await PrepareAsync(new Postgres(given, ""));
        var directory = Directory.CreateTempSubdirectory("nexus-pg-").FullName;
        File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
        var port = LoopbackPort.Free();
        var server = new Postgres($"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres;Timeout=5;Pooling=true", directory);
        await server.ControlAsync("initdb", "-D", server.Cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
        // Hundreds of databases are made, used for seconds and left: nothing is worth being kept safe, written early or vacuumed in them.
        await File.AppendAllTextAsync(Path.Combine(server.Cluster, "postgresql.conf"), $"""
            port = {port}
            listen_addresses = '127.0.0.1'
            unix_socket_directories = ''
            fsync = off
            full_page_writes = off
            max_wal_size = 2GB
            checkpoint_timeout = 1h
            autovacuum_naptime = 1d
            max_connections = 500

            """);
        await server.StartServerAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.Remove();
        return await PrepareAsync(server);
    }

    public async Task<string> CreateAsync(string template)
    {
        var name = $"t{Environment.ProcessId}_{Interlocked.Increment(ref _databases)}_{Guid.NewGuid():N}";
        await using var connection = new NpgsqlConnection(_connection + ";Pooling=false");
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name} TEMPLATE {template}", connection);
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(_connection) { Database = name }.ConnectionString;
    }

    public Task StartServerAsync() => ControlAsync("pg_ctl", "start", "-w", "-D", Cluster, "-l", Path.Combine(_directory, "log"));

    public Task StopServerAsync() => ControlAsync("pg_ctl", "stop", "-w", "-m", "immediate", "-D", Cluster);

    public void Remove()
    {
        if (_directory.Length == 0 || !Directory.Exists(_directory))
            return;
        StopServerAsync().ContinueWith(_ => { }, TaskScheduler.Default).Wait(TimeSpan.FromSeconds(20));
        Directory.Delete(_directory, recursive: true);
    }

    private string Cluster => Path.Combine(_directory, "cluster");

    private static async Task<Postgres> PrepareAsync(Postgres server)
    {
        await using var connection = new NpgsqlConnection(server._connection + ";Pooling=false");
        await connection.OpenAsync();
        await using (var drop = new NpgsqlCommand("DROP DATABASE IF EXISTS template_nexus", connection))
            await drop.ExecuteNonQueryAsync();
        await using (var create = new NpgsqlCommand("CREATE DATABASE template_nexus", connection))
            await create.ExecuteNonQueryAsync();
        var template = new NpgsqlConnectionStringBuilder(server._connection) { Database = "template_nexus", Pooling = false }.ConnectionString;
        await using var source = NpgsqlDataSource.Create(template);
        await using var context = new NexusDbContext(NexusDbOptions.Of(source));
        await context.Database.MigrateAsync();
        await using var hangfire = await source.OpenConnectionAsync();
        HangfireStorage.Install(hangfire);
        return server;
    }

    private async Task ControlAsync(string program, params string[] arguments)
    {
        var path = Path.Combine(PostgresBinaries.Find().Directory, program);
        var (code, output) = Environment.IsPrivilegedProcess
            ? await ProcessRunner.RunAsync("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--", path, .. arguments], CancellationToken.None)
            : await ProcessRunner.RunAsync(path, arguments, CancellationToken.None);
        if (code != 0)
            throw new InvalidOperationException($"{program} failed: {output}");
        if (program == "initdb" && Environment.IsPrivilegedProcess)
            await ProcessRunner.RunAsync("chmod", ["-R", "o+rwX", _directory], CancellationToken.None);
        if (program == "initdb")
            await ProcessRunner.RunAsync("chmod", ["700", Cluster], CancellationToken.None);
    }
}
