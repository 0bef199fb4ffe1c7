using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Jobs;

public sealed class JobRunnerTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero));
    private FakeAnthropic _upstream = null!;
    private string _database = null!;
    private NexusApp _nexus = null!;
    private JobHistory _jobs = null!;
    private JobRunner _runner = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        await _nexus.ReadyAsync();
        _jobs = new(_nexus);
        var database = _nexus.Services.GetRequiredService<Database>();
        _runner = new(_nexus.Services, database, new(database, _time), _time, NullLogger<JobRunner>.Instance);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_scheduled_run_that_comes_outside_its_window_is_left_out()
    {
        Assert.Contains("outside its maintenance window", await _runner.RunAsync("vacuum", null, CancellationToken.None), StringComparison.Ordinal);
        Assert.Empty(await _jobs.RunsAsync());
        _time.SetUtcNow(new(2026, 11, 25, 2, 30, 0, TimeSpan.Zero));
        Assert.Contains("tables", await _runner.RunAsync("vacuum", null, CancellationToken.None), StringComparison.Ordinal);
        Assert.Equal("succeeded", Assert.Single(await _jobs.RunsAsync()).Outcome);
    }

    [Theory]
    [InlineData(2, 91)] // the time box of 90 minutes
    [InlineData(4, 61)] // the window closes at 5
    public async Task A_run_is_cut_off_when_its_time_is_used_up_and_what_it_did_is_kept(int hour, int minutes)
    {
        _time.SetUtcNow(new(2026, 11, 25, hour, 0, 0, TimeSpan.Zero));
        await using var blocker = new NpgsqlConnection(_database);
        await blocker.OpenAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await using (var locked = new NpgsqlCommand("LOCK TABLE usage_5m IN ACCESS EXCLUSIVE MODE", blocker, transaction))
            await locked.ExecuteNonQueryAsync();
        var run = _runner.RunAsync("vacuum", null, CancellationToken.None);
        await NexusApp.UntilAsync(async () => (await _jobs.RunsAsync()).Any(row => row.Summary is not null), "some tables are done");
        _time.Advance(TimeSpan.FromMinutes(minutes));
        await Assert.ThrowsAsync<TimeBoxUsedUpException>(() => run);
        var stored = Assert.Single(await _jobs.RunsAsync());
        Assert.Equal("timed_out", stored.Outcome);
        Assert.Contains("usage_5m", stored.Result, StringComparison.Ordinal);
        Assert.Contains("next date", stored.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_cannot_be_vacuumed_fails_the_run_after_the_others_are_done()
    {
        await using (var source = NpgsqlDataSource.Create(_database))
        await using (var broken = source.CreateCommand("INSERT INTO data_protection_keys (friendly_name) VALUES ('x'); CREATE STATISTICS broken ON (1 / (id - id)) FROM data_protection_keys"))
            await broken.ExecuteNonQueryAsync();
        _time.SetUtcNow(new(2026, 11, 25, 2, 30, 0, TimeSpan.Zero));
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => _runner.RunAsync("vacuum", null, CancellationToken.None));
        Assert.Contains("data_protection_keys: division by zero", error.Message, StringComparison.Ordinal);
        var stored = Assert.Single(await _jobs.RunsAsync());
        Assert.Equal("failed", stored.Outcome);
        Assert.Contains("content_parts", stored.Result, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_stored_of_an_error_has_no_secret_that_it_quotes()
    {
        await using (var source = NpgsqlDataSource.Create(_database))
        await using (var broken = source.CreateCommand("CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''x-api-key: CaNaRy7''; END'; CREATE TRIGGER broken BEFORE DELETE ON usage_5m FOR EACH STATEMENT EXECUTE FUNCTION broken()"))
            await broken.ExecuteNonQueryAsync();
        _time.SetUtcNow(new(2026, 11, 25, 2, 30, 0, TimeSpan.Zero));
        await Assert.ThrowsAsync<PostgresException>(() => _runner.RunAsync("retention", null, CancellationToken.None));
        Assert.EndsWith("x-api-key: ****", Assert.Single(await _jobs.RunsAsync()).Error, StringComparison.Ordinal);
    }
}
