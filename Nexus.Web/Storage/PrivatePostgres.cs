using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Npgsql;

namespace Nexus.Web.Storage;

/// <summary>
/// Nexus's own PostgreSQL under DATA_DIR/postgres, from the installed server binaries: made on first use, on loopback with a
/// generated password, adopted when a killed Nexus left it running, stopped with Nexus. Never run as root: PostgreSQL refuses
/// that, so as root it runs as the user <c>postgres</c>.
/// </summary>
internal sealed partial class PrivatePostgres(IOptions<DataOptions> data, IOptions<StorageOptions> options, WalArchive archive, ILogger<PrivatePostgres> logger)
{
    private const string User = "postgres";
    private const string DatabaseName = "claude_proxy";

    private const string Settings = """

        # Nexus
        listen_addresses = '127.0.0.1'
        max_connections = 60
        shared_buffers = 128MB
        jit = off
        wal_compression = on
        max_wal_size = 1GB

        """;

    private readonly string _home = data.Value.PostgresDirectory;
    private bool _checked;

    private string Cluster => Path.Combine(_home, "cluster");

    private string PidFile => Path.Combine(Cluster, "postmaster.pid");

    private string PasswordFile => Path.Combine(_home, "pgpass");

    /// <summary>Settings that reach the server once it runs. The port and the password are chosen on first use and kept.</summary>
    public NpgsqlConnectionStringBuilder Connection()
    {
        Directory.CreateDirectory(_home);
        var portFile = Path.Combine(_home, "port");
        if (options.Value.PrivatePostgresPort is var fixedPort and > 0)
            File.WriteAllText(portFile, fixedPort.ToString(CultureInfo.InvariantCulture));
        else if (!File.Exists(portFile))
            File.WriteAllText(portFile, LoopbackPort.Free().ToString(CultureInfo.InvariantCulture));
        var port = int.Parse(File.ReadAllText(portFile), CultureInfo.InvariantCulture);
        if (!File.Exists(PasswordFile))
        {
            // In libpq's format, for psql; bound to this machine, so that no other server is offered it.
            var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
            WriteSecret(PasswordFile, $"localhost:*:*:{User}:{password}\n127.0.0.1:*:*:{User}:{password}\n");
        }

        return new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Username = User,
            Database = DatabaseName,
            Password = Password(),
            MaxPoolSize = 20,
            ConnectionIdleLifetime = 30,
            ConnectionPruningInterval = 5,
            Timeout = 2,
            ApplicationName = "nexus",
        };
    }

    /// <summary>Makes the cluster when there is none and starts the server when it does not run.</summary>
    /// <exception cref="InvalidOperationException">Says what is missing and what to do.</exception>
    public async Task EnsureRunningAsync(CancellationToken cancellation)
    {
        if (_checked && await IsRunningAsync(cancellation))
            return;
        var port = File.ReadAllText(Path.Combine(_home, "port"));
        if (!File.Exists(Path.Combine(Cluster, "PG_VERSION")))
            await InitializeAsync(cancellation);
        await CheckVersionAsync(cancellation);
        DropForeignPidFile();
        if (!await IsRunningAsync(cancellation))
        {
            var archiving = await archive.ServerOptionsAsync(cancellation);
            // Not given up half-way: a stop of Nexus right now would miss a server that has no process id file yet.
            var start = await RunAsync("pg_ctl", CancellationToken.None, "start", "-w", "-t", "60", "-D", Cluster, "-l", Path.Combine(_home, "server.log"), "-o", $"-p {port} -k {_home}{Preload()}{archiving}");
            if (start.Code != 0)
                throw new InvalidOperationException($"The private PostgreSQL did not start; its log is {_home}/server.log. {start.Output}");
        }

        if (!_checked)
            await CreateDatabaseAsync(cancellation);
        _checked = true;
    }

    /// <summary>Stops the server, also one whose start was cut short. Not cut short itself: what is left running would outlive Nexus.</summary>
    public async Task StopAsync()
    {
        if (!File.Exists(PidFile))
            return;
        var stop = await RunAsync("pg_ctl", CancellationToken.None, "stop", "-w", "-t", "30", "-m", "fast", "-D", Cluster);
        if (stop.Code == 0)
            Log.Stopped(logger);
        else
            Log.StillThere(logger, stop.Output);
    }

    private async Task<bool> IsRunningAsync(CancellationToken cancellation)
    {
        if (!File.Exists(PidFile))
            return false;
        // Once seen, a look at the process is enough; pg_ctl costs a process of its own each time.
        if (_checked && int.TryParse(File.ReadLines(PidFile).First(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            return Directory.Exists($"/proc/{pid}");
        return (await RunAsync("pg_ctl", cancellation, "status", "-D", Cluster)).Code == 0;
    }

    /// <summary>
    /// Process ids start anew in a restarted container, so the one that a killed server left behind may be another process's
    /// now, even a thread's of Nexus. PostgreSQL would take it for a running server and refuse to start.
    /// </summary>
    private void DropForeignPidFile()
    {
        if (!File.Exists(PidFile) || !int.TryParse(File.ReadLines(PidFile).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            return;
        // A postmaster works in its data directory, so through its own eyes it shows this very file.
        var own = $"/proc/{pid}/cwd/postmaster.pid";
        if (!Directory.Exists($"/proc/{pid}") || (File.Exists(own) && File.ReadAllText(own) == File.ReadAllText(PidFile)))
            return;
        Log.Foreign(logger, pid);
        File.Delete(PidFile);
        foreach (var socketLock in Directory.EnumerateFiles(_home, ".s.PGSQL.*.lock"))
            File.Delete(socketLock);
    }

    /// <summary>Beside its place, and put there whole: what a kill leaves of it is never taken for a cluster.</summary>
    private async Task InitializeAsync(CancellationToken cancellation)
    {
        Log.Initializing(logger, _home);
        var made = Cluster + ".new";
        if (Directory.Exists(made))
            Directory.Delete(made, recursive: true);
        var secret = Path.Combine(_home, "initial-password");
        WriteSecret(secret, Password());
        await OwnAsync(["-R", _home], cancellation);
        try
        {
            // Not cut short by a stop: it takes a second or two, and would go on by itself.
            var init = await RunAsync("initdb", CancellationToken.None, "-D", made, "-U", User, "-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256", "-k", $"--pwfile={secret}");
            if (init.Code != 0)
                throw new InvalidOperationException($"initdb failed in {_home}: {init.Output}");
        }
        finally
        {
            File.Delete(secret);
        }

        await File.AppendAllTextAsync(Path.Combine(made, "postgresql.conf"), Settings, CancellationToken.None);
        Directory.Move(made, Cluster);
    }

    private async Task CheckVersionAsync(CancellationToken cancellation)
    {
        var cluster = (await File.ReadAllTextAsync(Path.Combine(Cluster, "PG_VERSION"), cancellation)).Trim();
        var binaries = PostgresBinaries.Find();
        if (binaries.Major != cluster)
            throw new InvalidOperationException(
                $"The private cluster in {Cluster} was made by PostgreSQL {cluster}, but the installed server is {binaries.Major}. Install postgresql-{cluster} again, or upgrade the cluster with pg_upgradecluster or pg_upgrade, or dump it with {cluster}'s pg_dump and restore it.");
    }

    private async Task CreateDatabaseAsync(CancellationToken cancellation)
    {
        var settings = Connection();
        settings.Database = "postgres";
        settings.Pooling = false;
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellation);
        await using var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = 'claude_proxy'", connection);
        if (await exists.ExecuteScalarAsync(cancellation) is null)
        {
            await using var create = new NpgsqlCommand("CREATE DATABASE claude_proxy", connection);
            await create.ExecuteNonQueryAsync(cancellation);
        }

        if (StatementsLibrary() is not null)
            await CountStatementsAsync(cancellation);
    }

    /// <summary>So that psql and the page Database can ask pg_stat_statements.</summary>
    private async Task CountStatementsAsync(CancellationToken cancellation)
    {
        var settings = Connection();
        settings.Pooling = false;
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellation);
        await using var create = new NpgsqlCommand("CREATE EXTENSION IF NOT EXISTS pg_stat_statements", connection);
        await create.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The option that has statements counted, also in clusters that an older version made; none where the library is missing or the operator loads others.</summary>
    private string Preload() => StatementsLibrary() is null || File.ReadLines(Path.Combine(Cluster, "postgresql.conf")).Any(line => line.TrimStart().StartsWith("shared_preload_libraries", StringComparison.Ordinal))
        ? "" : " -c shared_preload_libraries=pg_stat_statements";

    private static string? StatementsLibrary() => Path.GetFullPath(Path.Combine(PostgresBinaries.Find().Directory, "..", "lib", "pg_stat_statements.so")) is var library && File.Exists(library) ? library : null;

    private string Password() => File.ReadAllText(PasswordFile).Trim().Split(':')[^1];

    /// <summary>Gives files to the user that the server runs as.</summary>
    /// <param name="what">Arguments of chown.</param>
    public static async Task OwnAsync(string[] what, CancellationToken cancellation)
    {
        if (Environment.IsPrivilegedProcess)
            await ProcessRunner.RunAsync("chown", [$"{User}:", .. what], cancellation);
    }

    /// <summary>Runs one of PostgreSQL's programs as the user that the server runs as.</summary>
    public static Task<(int Code, string Output)> RunAsync(string program, CancellationToken cancellation, params string[] arguments)
    {
        var path = Path.Combine(PostgresBinaries.Find().Directory, program);
        return Environment.IsPrivilegedProcess
            ? ProcessRunner.RunAsync("setpriv", [$"--reuid={User}", $"--regid={User}", "--clear-groups", "--", path, .. arguments], cancellation)
            : ProcessRunner.RunAsync(path, arguments, cancellation);
    }

    private static void WriteSecret(string path, string text)
    {
        using var file = new FileStream(path, PrivateFiles.Writing(FileMode.Create));
        file.Write(System.Text.Encoding.UTF8.GetBytes(text));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Making a private PostgreSQL cluster in {Directory}.")]
        public static partial void Initializing(ILogger logger, string directory);

        [LoggerMessage(LogLevel.Warning, "The private PostgreSQL was killed, and its process id {ProcessId} is another process's now: its lock files are removed.")]
        public static partial void Foreign(ILogger logger, int processId);

        [LoggerMessage(LogLevel.Warning, "The private PostgreSQL did not stop within 30 s; the next start adopts it. {Output}")]
        public static partial void StillThere(ILogger logger, string output);

        [LoggerMessage(LogLevel.Information, "The private PostgreSQL is stopped.")]
        public static partial void Stopped(ILogger logger);
    }
}
