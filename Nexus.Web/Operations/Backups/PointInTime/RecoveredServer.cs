using System.Globalization;
using Nexus.Web.Configuration;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Backups.PointInTime;

/// <summary>A second PostgreSQL, beside the private one: a base backup with the archived WAL up to a moment. It is deleted when it is no longer needed.</summary>
internal sealed class RecoveredServer : IAsyncDisposable
{
    private readonly string _cluster;
    private readonly string _socket;
    private readonly FileStream _held;

    private RecoveredServer(string cluster, string socket, FileStream held, string connectionString) => (_cluster, _socket, _held, ConnectionString) = (cluster, socket, held, connectionString);

    public string ConnectionString { get; }

    /// <param name="settings">Of the private server: role and password are the same.</param>
    /// <param name="at">Null: as far as the archive goes.</param>
    /// <exception cref="InvalidOperationException">It does not start, or the archive ends before the moment.</exception>
    public static async Task<RecoveredServer> StartAsync(WalArchive archive, StoredBase from, DateTimeOffset? at, NpgsqlConnectionStringBuilder settings, CancellationToken cancellation)
    {
        var cluster = Path.Combine(archive.Root, "recovery");
        var held = Hold(cluster + ".lock");
        // A socket's path may have 107 bytes, so not within the cluster; its directory lets nobody else in, so the server need ask for no
        // password: after a complete loss that of the base backup is known to nobody.
        var socket = Directory.CreateTempSubdirectory("nexus-pg-").FullName;
        var own = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Host = socket, Port = 5432, Pooling = false, Timeout = 5 };
        var server = new RecoveredServer(cluster, socket, held, own.ConnectionString);
        try
        {
            // What a killed run left behind, running or not.
            await server.DropAsync();
            PrivateFiles.MakeDirectory(cluster);
            await UnpackAsync(Path.Combine(from.Directory, "base.tar.gz"), cluster, cancellation);
            await UnpackAsync(Path.Combine(from.Directory, "pg_wal.tar.gz"), Path.Combine(cluster, "pg_wal"), cancellation);
            await File.AppendAllTextAsync(Path.Combine(cluster, "postgresql.auto.conf"), Recovery(from.Home, at), cancellation);
            await File.WriteAllTextAsync(Path.Combine(cluster, "pg_hba.conf"), "local all all trust\n", cancellation);
            await File.WriteAllTextAsync(Path.Combine(cluster, "recovery.signal"), "", cancellation);
            await PrivatePostgres.OwnAsync(["-R", cluster, socket], cancellation);
            var log = Path.Combine(cluster, "recovery.log");
            var start = await PrivatePostgres.RunAsync("pg_ctl", cancellation, "start", "-w", "-t", "86400", "-D", cluster, "-l", log, "-o", $"-p 5432 -k {socket} -c listen_addresses=''");
            if (start.Code != 0)
                throw Failed(log, at, start.Output);
            await server.PromotedAsync(log, at, cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DropAsync();
        Directory.Delete(_socket, recursive: true);
        await _held.DisposeAsync();
    }

    private static FileStream Hold(string path)
    {
        try
        {
            return new(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None });
        }
        catch (IOException)
        {
            throw new InvalidOperationException("Another moment is being recovered already.");
        }
    }

    private async Task DropAsync()
    {
        if (File.Exists(Path.Combine(_cluster, "postmaster.pid")))
            await PrivatePostgres.RunAsync("pg_ctl", CancellationToken.None, "stop", "-w", "-t", "30", "-m", "immediate", "-D", _cluster);
        if (Directory.Exists(_cluster))
            Directory.Delete(_cluster, recursive: true);
    }

    private static string Recovery(string home, DateTimeOffset? at) => $"""

        restore_command = '{WalArchive.RestoreCommand(home).Replace("'", "''", StringComparison.Ordinal)}'
        recovery_target_action = 'promote'
        archive_mode = off
        {(at is { } moment ? $"recovery_target_time = '{moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}+00'" : "")}

        """;

    private static async Task UnpackAsync(string archive, string into, CancellationToken cancellation)
    {
        var tar = await ProcessRunner.RunAsync("tar", ["-xzf", archive, "-C", into], cancellation);
        if (tar.Code != 0)
            throw new InvalidOperationException($"The base backup {archive} cannot be unpacked: {tar.Output}");
    }

    /// <summary>It takes connections as soon as it is consistent, and goes on reading WAL until the moment.</summary>
    private async Task PromotedAsync(string log, DateTimeOffset? at, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString);
                await connection.OpenAsync(cancellation);
                await using var command = new NpgsqlCommand("SELECT pg_is_in_recovery()", connection);
                if (!(bool)(await command.ExecuteScalarAsync(cancellation))!)
                    return;
            }
            catch (PostgresException refused) when (refused.SqlState.StartsWith("28", StringComparison.Ordinal))
            {
                throw Failed(log, at, refused.MessageText);
            }
            catch (NpgsqlException) when (!File.Exists(Path.Combine(_cluster, "postmaster.pid")))
            {
                throw Failed(log, at, "It ended.");
            }
            catch (NpgsqlException)
            {
                // Not yet, or just ending: the next look tells.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellation);
        }
    }

    private static InvalidOperationException Failed(string log, DateTimeOffset? at, string output)
    {
        var lines = File.Exists(log) ? File.ReadLines(log).TakeLast(20).ToList() : [];
        return lines.Any(line => line.Contains("before configured recovery target was reached", StringComparison.Ordinal))
            ? new($"The archived WAL ends before {at:yyyy-MM-dd HH:mm:ss} UTC. Ask for an earlier moment, or for all there is: nexus backup at latest.")
            : new($"The recovered PostgreSQL did not start. {output} {string.Join(' ', lines.Where(line => line.Contains("FATAL", StringComparison.Ordinal)).TakeLast(3))}");
    }
}
