using System.Globalization;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Storage;
using Nexus.Web.Tests.Usage;
using Nexus.Web.Usage.Accounting;
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
            await SumsAgreeAsync(database ?? Private());
            await Report(load, stored, kills);
        }
    }

    private async Task RunAndKillAsync(Load load, string? database, int kill, Random random)
    {
        var nexus = await KillableNexus.StartAsync(_upstream.Url, _directory, database);
        try
        {
            if (kill == 0)
            {
                await nexus.ReadyAsync();
                await LimitAsync(nexus.Dashboard);
            }

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

    /// <summary>A limit for all is made before the first kill, so that there are counters.</summary>
    private static async Task LimitAsync(HttpClient dashboard)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/limits") { Headers = { { "X-Dashboard-Key", NexusApp.Key } }, Content = JsonContent.Create(new { name = "all", scope = "all", amount = 1_000_000, period = "month" }) };
        using var response = await dashboard.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>The job's own comparison: each rollup and counter of every hour is what the ledger adds up to, however often the journal was read again.</summary>
    private static async Task SumsAgreeAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        // In an hour every hour up to now is closed.
        var result = await new ReconcileJob(new FakeTimeProvider(DateTimeOffset.UtcNow.AddHours(1)), NullLogger<ReconcileJob>.Instance).RunAsync(new(connection, _ => Task.CompletedTask), CancellationToken.None);
        Assert.True(result.Summary!.StartsWith(ReconcileJob.NoDrift, StringComparison.Ordinal), $"{result.Summary} {System.Text.Json.JsonSerializer.Serialize(result.Details)}");
        await LedgerSums.AssertEqualRollupsAsync(database);
        Assert.Equal(0, await LedgerSums.NumberAsync(database, "SELECT (SELECT count(*) FROM requests) - (SELECT coalesce(sum(requests), 0) FROM limit_counters)::bigint"));
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
