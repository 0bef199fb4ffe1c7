using System.Text.Json;
using Hangfire;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Jobs;

public sealed class JobsTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private string _database = null!;
    private NexusApp _nexus = null!;
    private JobHistory _jobs = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        _jobs = new(_nexus);
        await _jobs.ServingAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Vacuum_stores_each_table_before_and_after()
    {
        // PostgreSQL's own vacuum would take the dead tuples away before the job counts them, whenever it happens to come by.
        await SqlAsync("ALTER TABLE content_parts SET (autovacuum_enabled = off)");
        await SqlAsync("INSERT INTO content_parts SELECT decode(md5(n::text), 'hex'), '\\x00', 1, current_date FROM generate_series(1, 500) n; DELETE FROM content_parts; SELECT pg_stat_force_next_flush()");
        var state = await _jobs.StateAsync(_jobs.Trigger("vacuum"), "Succeeded");
        var run = Assert.Single(await _jobs.RunsAsync());
        Assert.Equal("succeeded", run.Outcome);
        Assert.True(run.ByHand);
        Assert.NotNull(run.FinishedAt);
        Assert.Contains(run.Summary!, JsonSerializer.Deserialize<string>(state["Result"])!, StringComparison.Ordinal);
        var details = JsonSerializer.Deserialize<VacuumDetails>(run.Result!, JsonSerializerOptions.Web)!;
        Assert.Empty(details.NotReached);
        var parts = details.Tables.Single(table => table.Table == "content_parts");
        Assert.Equal(500, parts.Before!.DeadTuples);
        Assert.Equal(0, parts.After!.DeadTuples);
        Assert.True(parts.Before.Bytes > parts.After.Bytes);
        Assert.All(details.Tables, table => Assert.Null(table.Error));
        Assert.Contains(details.Tables, table => table is { Table: "requests", Partitioned: true });
        Assert.Contains(details.Tables, table => table.Table == "schema_migrations");
        Assert.DoesNotContain(details.Tables, table => table.Table.StartsWith("hangfire", StringComparison.Ordinal));
        Assert.NotNull(await SqlAsync("SELECT last_vacuum FROM pg_stat_user_tables WHERE relname = 'requests_default' AND last_analyze IS NOT NULL"));
    }

    [Fact]
    public async Task What_Hangfire_keeps_of_a_failed_run_has_no_secret_that_its_error_quotes()
    {
        await SqlAsync("CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''x-api-key: CaNaRy7''; END'; CREATE TRIGGER broken BEFORE DELETE ON usage_5m FOR EACH STATEMENT EXECUTE FUNCTION broken()");
        var state = await _jobs.StateAsync(_jobs.Trigger("retention"), "Scheduled");
        Assert.NotNull(state);
        Assert.Equal(1L, await SqlAsync("SELECT count(*) FROM hangfire.state WHERE name = 'Failed' AND data::text LIKE '%PostgresException: P0001: x-api-key: ****%'"));
        Assert.Equal(0L, await SqlAsync("SELECT count(*) FROM hangfire.state WHERE data::text || coalesce(reason, '') ILIKE '%canary7%'"));
    }

    [Fact]
    public async Task Partitions_are_made_months_ahead()
    {
        await _jobs.StateAsync(_jobs.Trigger("partitions"), "Succeeded");
        Assert.Equal("succeeded", Assert.Single(await _jobs.RunsAsync()).Outcome);
        for (var month = 0; month <= 3; month++)
            Assert.Equal(true, await SqlAsync($"SELECT to_regclass('requests_' || to_char(now() AT TIME ZONE 'UTC' + interval '{month} months', 'YYYY_MM')) IS NOT NULL AND to_regclass('request_payloads_' || to_char(now() AT TIME ZONE 'UTC' + interval '{month} months', 'YYYY_MM')) IS NOT NULL"));
    }

    [Fact]
    public void Every_job_of_the_schedule_has_one_entry_whose_next_run_is_inside_its_window()
    {
        var stored = _jobs.Recurring();
        Assert.Equal(Schedule.Recurring.Select(job => job.Id).Order(), stored.Select(job => job.Id).Order());
        Assert.All(stored, job =>
        {
            Assert.Null(job.Error);
            Assert.Equal(Schedule.Find(job.Id)!.Cron, job.Cron);
            Assert.True(Schedule.Find(job.Id)!.Window?.Contains(new DateTimeOffset(job.NextExecution!.Value, TimeSpan.Zero)) ?? true);
        });
    }

    [Fact]
    public async Task A_restart_keeps_one_entry_a_job_and_drops_jobs_that_are_no_more()
    {
        _nexus.Services.GetRequiredService<IRecurringJobManager>().AddOrUpdate<JobRunner>("of-an-older-version", runner => runner.RunAsync("of-an-older-version", null, CancellationToken.None), "0 0 * * *");
        var next = _jobs.Recurring().Single(job => job.Id == "vacuum").NextExecution;
        await _nexus.DisposeAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        _jobs = new(_nexus);
        await _jobs.ServingAsync();
        var stored = _jobs.Recurring();
        Assert.Equal(Schedule.Recurring.Select(job => job.Id).Order(), stored.Select(job => job.Id).Order());
        Assert.Equal(next, stored.Single(job => job.Id == "vacuum").NextExecution);
    }

    [Fact]
    public async Task Two_nodes_run_a_triggered_job_once_and_never_two_runs_of_it_at_a_time()
    {
        await using var other = await NexusApp.StartAsync(_upstream, _database);
        await _jobs.ServingAsync(nodes: 2);
        Assert.Equal(Schedule.Recurring.Count(), _jobs.Recurring().Count);
        // The table is locked, so the first run waits in its middle while the second is triggered on the other node.
        await using var blocker = new NpgsqlConnection(_database);
        await blocker.OpenAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await using (var locked = new NpgsqlCommand("LOCK TABLE usage_5m IN ACCESS EXCLUSIVE MODE", blocker, transaction))
            await locked.ExecuteNonQueryAsync();
        var first = _jobs.Trigger("vacuum");
        await NexusApp.UntilAsync(async () => (await _jobs.RunsAsync()).Any(run => run.Outcome == "running"), "the first run is on its way");
        var second = await new JobHistory(other).StateAsync(new JobHistory(other).Trigger("vacuum"), "Succeeded");
        Assert.Contains("running already", second["Result"], StringComparison.Ordinal);
        await transaction.RollbackAsync();
        await _jobs.StateAsync(first, "Succeeded");
        Assert.Equal("succeeded", Assert.Single(await _jobs.RunsAsync()).Outcome);
    }

    [Fact]
    public async Task A_run_that_was_killed_is_written_down_as_such_by_the_next()
    {
        await SqlAsync("INSERT INTO job_runs (id, job, node, by_hand, started_at, outcome) VALUES (gen_random_uuid(), 'partitions', 'gone', false, now(), 'running')");
        await _jobs.StateAsync(_jobs.Trigger("partitions"), "Succeeded");
        Assert.Equal(["interrupted", "succeeded"], (await _jobs.RunsAsync()).Select(run => run.Outcome));
    }

    private async Task<object?> SqlAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_database);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
