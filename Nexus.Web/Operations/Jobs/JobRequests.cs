using System.Text.Json;
using Hangfire;
using Hangfire.PostgreSql;

namespace Nexus.Web.Operations.Jobs;

/// <summary>Starts a job that somebody asks for, once, on whichever node takes it first.</summary>
internal sealed class JobRequests(PostgreSqlStorage storage)
{
    private readonly Lazy<BackgroundJobClient> _client = new(() => new BackgroundJobClient(storage, ScheduleFilters.ForConsole()));

    /// <param name="job">Its id in the <see cref="Schedule"/>.</param>
    /// <param name="arguments">Handed to the job as JSON (<see cref="JobContext.Arguments"/>).</param>
    /// <returns>Hangfire's id of the run: its page is <c>/jobs/jobs/details/{id}</c>.</returns>
    public string Start(string job, object arguments)
    {
        var json = JsonSerializer.Serialize(arguments, JsonSerializerOptions.Web);
        return _client.Value.Enqueue<JobRunner>(runner => runner.RunWithAsync(job, json, null, CancellationToken.None));
    }
}
