using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Conversations.Analyses;
using Nexus.Web.Operations.Resources;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage.Accounting;
using Nexus.Web.Usage.Caching;

namespace Nexus.Web.Tests.Operations.Jobs;

/// <summary>What a running Nexus and its Hangfire say of jobs.</summary>
internal sealed class JobHistory(NexusApp nexus)
{
    public PostgreSqlStorage Hangfire { get; } = nexus.Services.GetRequiredService<PostgreSqlStorage>();

    public List<RecurringJobDto> Recurring()
    {
        using var connection = Hangfire.GetConnection();
        return connection.GetRecurringJobs();
    }

    /// <summary>Triggers a job as the console does; Hangfire's id of the run.</summary>
    public string Trigger(string job) => ((RecurringJobManager)nexus.Services.GetRequiredService<IRecurringJobManager>()).TriggerJob(job);

    /// <summary>The runs, oldest first, without those that the clock starts every few minutes whatever a test does.</summary>
    public async Task<List<JobRunRow>> RunsAsync()
    {
        await using var db = await nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
        return await db.JobRuns.AsNoTracking().Where(run => run.ByHand || (run.Job != CacheDoctorJob.Id && run.Job != ReconcileJob.Id && run.Job != ResourceSampleJob.Id && run.Job != AnalysesJob.Id)).OrderBy(run => run.StartedAt).ToListAsync();
    }

    /// <summary>Waits until Hangfire's server has announced itself, which it does after the schedule.</summary>
    public Task ServingAsync(int nodes = 1) => NexusApp.UntilAsync(() => Task.FromResult(Servers() == nodes), $"{nodes} nodes serve jobs");

    /// <summary>Waits for a run to reach a state of Hangfire's; the data it keeps of that state.</summary>
    public async Task<IDictionary<string, string>> StateAsync(string id, string state)
    {
        StateData? data = null;
        await NexusApp.UntilAsync(() =>
        {
            using var connection = Hangfire.GetConnection();
            data = connection.GetStateData(id);
            return Task.FromResult(data?.Name == state);
        }, $"job {id} is in state {state}");
        return data!.Data;
    }

    private int Servers()
    {
        try
        {
            return Hangfire.GetMonitoringApi().Servers().Count;
        }
        catch (Npgsql.NpgsqlException)
        {
            return 0; // no schema yet, or no database
        }
    }
}
