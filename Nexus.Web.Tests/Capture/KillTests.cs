using System.Globalization;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Storage;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace Nexus.Web.Tests.Capture;

/// <summary>SIGKILL under load: what a caller had received whole is in the ledger with its payload, once; the rest is interrupted.</summary>
public sealed class KillTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-kill-").FullName;
    private FakeAnthropic _upstream = null!;
    private TaskCompletionSource _stopSent = new();

    public async Task InitializeAsync()
    {
        // As root the private server runs as another user, which must be able to reach its directory.
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_001_001);
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Answer = Load.Answers(() => _stopSent.TrySetResult());
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Three_kills_lose_nothing() => await KillAsync(3, await Postgres.NewDatabaseAsync());

    [Fact]
    [Trait("Category", "Long")]
    public async Task Twenty_kills_lose_nothing() => await KillAsync(20, await Postgres.NewDatabaseAsync());

    [Fact]
    [Trait("Category", "Long")]
    public async Task Kills_lose_nothing_with_the_private_PostgreSQL_which_is_adopted() => await KillAsync(5, null);

    private async Task KillAsync(int kills, string? database)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");
        await using (var load = Load.Start(12, TimeSpan.FromMilliseconds(5)))
        {
            for (var kill = 0; kill < kills; kill++)
                await RunAndKillAsync(load, database, kill, random);
            await using var nexus = await KillableNexus.StartAsync(_upstream.Url, _directory, database);
            load.Nexus = nexus.Proxy;
            await nexus.ReadyAsync();
            await Task.Delay(300);
            await load.StopAsync();
            await using var stored = StoredRequests.Open(database ?? Private());
            await load.IsInTheLedgerAsync(stored, _upstream, nexus.Dashboard, "interrupted");
            await Report(load, stored, kills);
        }
    }

    private async Task RunAndKillAsync(Load load, string? database, int kill, Random random)
    {
        var nexus = await KillableNexus.StartAsync(_upstream.Url, _directory, database);
        try
        {
            load.Nexus = nexus.Proxy;
            if (kill % 3 != 2)
                await nexus.ReadyAsync(); // else in the middle of the start, with the journal of the last run still to be read
            await Task.Delay(random.Next(50, 1500));
            if (kill % 3 == 1)
            {
                _stopSent = new(TaskCreationOptions.RunContinuationsAsynchronously);
                await _stopSent.Task.WaitAsync(TimeSpan.FromSeconds(60));
                await Task.Delay(random.Next(0, 30));
            }

            await nexus.KillAsync();
        }
        finally
        {
            load.Nexus = null;
            await nexus.DisposeAsync();
        }
    }

    private async Task Report(Load load, StoredRequests stored, int kills)
    {
        var rows = await stored.AllAsync();
        var interrupted = rows.Count(row => row.Outcome == "interrupted");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kills} kills, {load.Seen.Count} requests sent, {load.Seen.Count(seen => seen.Whole)} received whole, {_upstream.Requests.Count} reached upstream; {rows.Count} rows: {rows.Count - interrupted} completed, {interrupted} interrupted; {load.Seen.Count(seen => seen is { Whole: true, Error: not null })} received whole and cut after"));
        Assert.True(interrupted > 0, "No kill met a request in flight.");
    }

    private string Private() => PrivatePostgresTests.Server(_directory).Connection() is var settings ? new NpgsqlConnectionStringBuilder(settings.ConnectionString) { MaxPoolSize = 3 }.ConnectionString : "";
}
