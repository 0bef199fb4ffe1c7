using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Cli;

/// <summary>SIGTERM in the middle of a start of the real binary: it ends as after any other stop, and nothing that it began outlives it.</summary>
public sealed class StopWhileStartingTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-stop-").FullName;

    // As root the private server runs as another user, which must be able to reach its directory.
    public StopWhileStartingTests() => File.SetUnixFileMode(_directory, (UnixFileMode)0b111_001_001);

    [Theory]
    [InlineData("DEBUG_SQL", "SELECT")]
    [InlineData("DEBUG_SQL", "hangfire")]
    [InlineData("started", "")]
    public async Task With_a_given_database(string what, string sql)
    {
        await using var nexus = NexusProcess.Start(_directory, ("DATABASE_URL", await Postgres.NewDatabaseAsync()), ("DEBUG_SQL", "1"));
        await NexusApp.UntilAsync(() => Task.FromResult(what == "started"
            ? nexus.TryFind("started", out _)
            : nexus.Lines.Any(line => line.TryGetProperty("sql", out var statement) && statement.GetString()!.Contains(sql, StringComparison.OrdinalIgnoreCase))), $"{what} {sql}");
        await StopAsync(nexus);
    }

    [Theory]
    [InlineData("journal")] // nothing runs yet
    [InlineData("postgres/cluster.new")] // initdb
    [InlineData("postgres/cluster/postmaster.pid")] // the server starts
    public async Task With_the_private_PostgreSQL(string made)
    {
        await using var nexus = NexusProcess.Start(_directory, ("DATABASE_URL", ""));
        var (path, cluster) = (Path.Combine(_directory, made), Path.Combine(_directory, "postgres", "cluster"));
        // Where it is there for an instant only, what it became will do.
        await NexusApp.UntilAsync(() => Task.FromResult(Path.Exists(path) || Path.Exists(cluster)), $"{made} is there");
        await StopAsync(nexus);
        Assert.False(File.Exists(Path.Combine(cluster, "postmaster.pid")));

        // What was made is used by the next start, and what was not is made.
        await using var next = NexusProcess.Start(_directory, ("DATABASE_URL", ""));
        await NexusApp.UntilAsync(() => Task.FromResult(next.TryFind("db_ready", out _)), "the next start has its database");
        await StopAsync(next);
    }

    [Fact]
    public async Task A_start_that_fails_ends_the_private_PostgreSQL_too()
    {
        using var other = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        other.Start();
        await using var nexus = NexusProcess.Start(_directory, ("DATABASE_URL", ""), ("PROXY_PORT", $"{((System.Net.IPEndPoint)other.LocalEndpoint).Port}"));
        Assert.Equal(1, await nexus.ExitAsync());
        Assert.Contains("PROXY_PORT", nexus.Lines[^1].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(LeftBehind());
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private async Task StopAsync(NexusProcess nexus)
    {
        Assert.Equal(0, await nexus.StopAsync());
        Assert.Empty(nexus.Errors);
        Assert.DoesNotContain("   at ", nexus.Output, StringComparison.Ordinal);
        Assert.Empty(LeftBehind());
    }

    /// <summary>Processes that work in the test's directory.</summary>
    private IEnumerable<string> LeftBehind()
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            var command = "";
            try
            {
                command = File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }

            if (command.Contains(_directory, StringComparison.Ordinal))
                yield return command;
        }
    }
}
