using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Storage;

public class PrivatePostgresTests
{
    [Fact]
    public async Task A_killed_server_starts_again_although_its_process_id_is_another_process_s_now()
    {
        var directory = Directory.CreateTempSubdirectory("nexus-private-");
        // As root the server runs as another user, which must be able to reach its directory.
        File.SetUnixFileMode(directory.FullName, (UnixFileMode)0b111_001_001);
        var killed = Server(directory.FullName);
        killed.Connection();
        await killed.EnsureRunningAsync(CancellationToken.None);
        var home = Path.Combine(directory.FullName, "postgres");
        var pidFile = Path.Combine(home, "cluster", "postmaster.pid");
        var lines = await File.ReadAllLinesAsync(pidFile);
        var socketLock = Directory.GetFiles(home, ".s.PGSQL.*.lock").Single();
        using (var postmaster = Process.GetProcessById(int.Parse(lines[0], CultureInfo.InvariantCulture)))
        {
            postmaster.Kill();
            await postmaster.WaitForExitAsync();
        }

        // PostgreSQL looks only at processes of its own user.
        using var other = Environment.IsPrivilegedProcess
            ? Process.Start("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--", "sleep", "60"])
            : Process.Start("sleep", "60");
        lines[0] = other.Id.ToString(CultureInfo.InvariantCulture);
        await File.WriteAllLinesAsync(pidFile, lines);
        await File.WriteAllLinesAsync(socketLock, lines);

        var restarted = Server(directory.FullName);
        var connection = restarted.Connection();
        try
        {
            await restarted.EnsureRunningAsync(CancellationToken.None);
            await using var source = NpgsqlDataSource.Create(connection.ConnectionString);
            await using var command = source.CreateCommand("SELECT current_database()");
            Assert.Equal("claude_proxy", await command.ExecuteScalarAsync());
            // The guide's question for slow statements.
            await using var statements = source.CreateCommand("SELECT query, mean_exec_time, calls FROM pg_stat_statements ORDER BY mean_exec_time DESC LIMIT 10");
            await using var slow = await statements.ExecuteReaderAsync();
            Assert.True(await slow.ReadAsync());
        }
        finally
        {
            await restarted.StopAsync();
            other.Kill();
            directory.Delete(recursive: true);
        }
    }

    /// <summary>After an update whose image brings another PostgreSQL.</summary>
    [Fact]
    public async Task A_cluster_of_another_major_version_is_left_alone_and_told_while_requests_are_proxied()
    {
        var directory = Directory.CreateTempSubdirectory("nexus-private-");
        var cluster = Directory.CreateDirectory(Path.Combine(directory.FullName, "postgres", "cluster")).FullName;
        await File.WriteAllTextAsync(Path.Combine(cluster, "PG_VERSION"), "9\n");
        var server = Server(directory.FullName);
        server.Connection();
        var told = await Assert.ThrowsAsync<InvalidOperationException>(() => server.EnsureRunningAsync(CancellationToken.None));
        Assert.Contains($"was made by PostgreSQL 9, but the installed server is {PostgresBinaries.Find().Major}", told.Message, StringComparison.Ordinal);
        Assert.Equal(["PG_VERSION"], Directory.GetFileSystemEntries(cluster).Select(Path.GetFileName));

        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("application/json", Streams.Json);
        await using (var nexus = await NexusApp.StartAsync(upstream, "", directory.FullName))
        {
            await nexus.MessageAsync("{}");
            Assert.Single(upstream.Requests);
        }

        directory.Delete(recursive: true);
    }

    internal static PrivatePostgres Server(string dataDirectory)
    {
        var (data, storage) = (Options.Create(new DataOptions { Directory = dataDirectory }), Options.Create(new StorageOptions()));
        return new(data, storage, new WalArchive(storage, data), NullLogger<PrivatePostgres>.Instance);
    }
}
