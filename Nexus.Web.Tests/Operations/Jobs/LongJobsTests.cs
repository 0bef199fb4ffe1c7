using Hangfire;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Jobs;

/// <summary>What only real minutes show: two nodes on one database, by the clock.</summary>
[Trait("Category", "Long")]
public sealed class LongJobsTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private string _database = null!;
    private NexusApp _one = null!;
    private NexusApp _two = null!;
    private JobHistory _jobs = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
        _one = await NexusApp.StartAsync(_upstream, _database, null, ("Jobs:ByClock", "true"));
        _two = await NexusApp.StartAsync(_upstream, _database, null, ("Jobs:ByClock", "true"));
        _jobs = new(_one);
        await _jobs.ServingAsync(nodes: 2);
    }

    public async Task DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task The_clock_starts_a_job_once_on_one_of_two_nodes()
    {
        _one.Services.GetRequiredService<IRecurringJobManager>().AddOrUpdate<JobRunner>("partitions", runner => runner.RunAsync("partitions", null, CancellationToken.None), "* * * * *");
        await Task.Delay(TimeSpan.FromSeconds(150));
        var runs = await _jobs.RunsAsync();
        Assert.InRange(runs.Count, 2, 3);
        Assert.All(runs, run => Assert.False(run.ByHand));
        Assert.Equal(runs.Count, runs.Select(run => run.StartedAt.ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture)).Distinct().Count());
    }

    [Fact]
    public async Task A_run_longer_than_the_invisibility_time_out_is_not_started_a_second_time()
    {
        await using var blocker = new NpgsqlConnection(_database);
        await blocker.OpenAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        // The run waits a minute for each of the three, then goes on to the next.
        foreach (var table in new[] { "usage_5m", "usage_15m", "content_parts" })
        {
            await using var locked = new NpgsqlCommand($"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", blocker, transaction);
            await locked.ExecuteNonQueryAsync();
        }

        var id = _jobs.Trigger("vacuum");
        await Task.Delay(TimeSpan.FromSeconds(150));
        Assert.Equal("running", Assert.Single(await _jobs.RunsAsync(), run => run.Job == "vacuum").Outcome);
        await transaction.RollbackAsync();
        await NexusApp.UntilAsync(async () => (await _jobs.RunsAsync()).All(run => run.Outcome != "running"), "the run is over");
        Assert.Single(await _jobs.RunsAsync(), run => run.Job == "vacuum");
        var history = _jobs.Hangfire.GetMonitoringApi().JobDetails(id).History;
        Assert.Single(history, state => state.StateName == "Processing");
    }
}
