using System.Diagnostics;
using System.Net;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Jobs;

public sealed class OutageTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
    }

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Fact]
    public async Task Jobs_come_when_the_database_comes_and_come_back_after_an_outage()
    {
        var server = await Postgres.StartAsync();
        try
        {
            var database = await server.CreateAsync("template1"); // nothing is there yet, neither Nexus's schema nor Hangfire's
            await server.StopServerAsync();
            await using var nexus = await NexusApp.StartAsync(_upstream, database);
            await nexus.MessageAsync("""{"model":"claude-opus-5","messages":[]}""");
            var session = await DashboardSession.StartAsync(nexus);
            using (var away = await session.SendAsync("/jobs"))
                Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);

            await server.StartServerAsync();
            var jobs = new JobHistory(nexus);
            await jobs.ServingAsync();
            await jobs.StateAsync(jobs.Trigger("partitions"), "Succeeded");

            await server.StopServerAsync();
            await NexusApp.UntilAsync(async () => (await nexus.Dashboard.GetAsync("/health")).StatusCode == HttpStatusCode.ServiceUnavailable, "the outage is noticed");
            await nexus.MessageAsync("""{"model":"claude-opus-5","messages":[]}""");
            await server.StartServerAsync();
            await nexus.ReadyAsync();
            await jobs.StateAsync(jobs.Trigger("partitions"), "Succeeded");
        }
        finally
        {
            server.Remove();
        }
    }

    [Fact]
    public async Task Stopping_cancels_a_run_at_once_and_the_next_start_takes_it_up_again()
    {
        var database = await Postgres.NewDatabaseAsync();
        var id = await StoppedInTheMiddleAsync(database);
        await using var next = await NexusApp.StartAsync(_upstream, database);
        var jobs = new JobHistory(next);
        await jobs.StateAsync(id, "Succeeded");
        Assert.Equal(["stopped", "succeeded"], (await jobs.RunsAsync()).Select(run => run.Outcome));
    }

    [Fact]
    public async Task A_run_whose_node_was_killed_is_taken_up_when_the_node_has_been_silent_for_two_minutes()
    {
        var database = await Postgres.NewDatabaseAsync();
        var id = await StoppedInTheMiddleAsync(database);
        // As a killed node leaves it: fetched from the queue and never given back, said to be running.
        await using (var source = NpgsqlDataSource.Create(database))
        await using (var killed = source.CreateCommand("UPDATE hangfire.jobqueue SET fetchedat = now() - interval '60 seconds'; UPDATE job_runs SET outcome = 'running', finished_at = NULL"))
            await killed.ExecuteNonQueryAsync();
        await using var next = await NexusApp.StartAsync(_upstream, database);
        var jobs = new JobHistory(next);
        await jobs.ServingAsync();
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.Single(await jobs.RunsAsync());
        await using (var source = NpgsqlDataSource.Create(database))
        await using (var later = source.CreateCommand("UPDATE hangfire.jobqueue SET fetchedat = now() - interval '121 seconds'"))
            await later.ExecuteNonQueryAsync();
        await jobs.StateAsync(id, "Succeeded");
        Assert.Equal(["interrupted", "succeeded"], (await jobs.RunsAsync()).Select(run => run.Outcome));
    }

    [Fact]
    public async Task Pages_jobs_and_ingest_together_hold_no_more_than_ten_connections_above_pool_max()
    {
        var settings = new NpgsqlConnectionStringBuilder(await Postgres.NewDatabaseAsync());
        var url = $"postgres://{settings.Username}@{settings.Host}:{settings.Port}/{settings.Database}?pool_max=3";
        await using var nexus = await NexusApp.StartAsync(_upstream, url);
        var jobs = new JobHistory(nexus);
        await jobs.ServingAsync();
        await using var watch = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString);
        await watch.OpenAsync();
        await using var count = new NpgsqlCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'", watch) { Parameters = { new() { Value = settings.Database } } };
        jobs.Trigger("vacuum");
        jobs.Trigger("partitions");
        long most = 0;
        var load = Parallel.ForEachAsync(Enumerable.Range(0, 500), new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (i, cancellation) =>
        {
            if (i % 5 == 0)
                await nexus.MessageAsync("""{"model":"claude-opus-5","messages":[]}""");
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/stats") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
            using var response = await nexus.Dashboard.SendAsync(request, cancellation);
            Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
        });
        while (!load.IsCompleted)
        {
            most = Math.Max(most, (long)(await count.ExecuteScalarAsync())!);
            await Task.Delay(10);
        }

        await load;
        Assert.InRange(most, 4, 13);
    }

    /// <summary>Starts a node, stops it while it runs vacuum, and sees that this does not take long; Hangfire's id of the run.</summary>
    private async Task<string> StoppedInTheMiddleAsync(string database)
    {
        var nexus = await NexusApp.StartAsync(_upstream, database);
        var jobs = new JobHistory(nexus);
        await jobs.ServingAsync();
        await using var blocker = new NpgsqlConnection(database);
        await blocker.OpenAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await using (var locked = new NpgsqlCommand("LOCK TABLE usage_5m IN ACCESS EXCLUSIVE MODE", blocker, transaction))
            await locked.ExecuteNonQueryAsync();
        var id = jobs.Trigger("vacuum");
        await NexusApp.UntilAsync(async () => (await jobs.RunsAsync()).Any(run => run is { Outcome: "running", Summary: not null }), "the run is on its way");
        var stopping = Stopwatch.StartNew();
        await nexus.DisposeAsync();
        // The run would wait a minute for its lock.
        Assert.InRange(stopping.Elapsed.TotalSeconds, 0, 30);
        return id;
    }
}
