using Hangfire;
using Hangfire.PostgreSql;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Jobs;

internal static class JobsFeature
{
    public static void AddJobs(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<JobOptions>().BindConfiguration(JobOptions.Section);
        foreach (var job in Schedule.All)
            builder.Services.AddTransient(job.Work);
        builder.Services.AddSingleton<JobRuns>().AddTransient<JobRunner>();
        builder.Services.AddSingleton(services => HangfireStorage.Create(services.GetRequiredService<Database>(), services.GetRequiredService<ILoggerFactory>()));
        // The console takes it from here, too: what it triggers is a run by hand.
        builder.Services.AddSingleton<IRecurringJobManager>(services => new RecurringJobManager(services.GetRequiredService<PostgreSqlStorage>(), ScheduleFilters.ForConsole()));
        builder.Services.AddSingleton<JobRequests>().AddSingleton<JobPlans>().AddScoped<JobStarter>();
        builder.Services.AddSingleton<ILoggerProvider, RunLogProvider>();
        builder.Logging.AddFilter<RunLogProvider>(null, LogLevel.Warning);
        foreach (var part in new[] { "Operations", "Usage", "Storage", "Capture" })
            builder.Logging.AddFilter<RunLogProvider>("Nexus.Web." + part, LogLevel.Information);
        builder.Services.AddHostedService<JobServer>();
    }
}
