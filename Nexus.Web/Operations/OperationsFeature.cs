using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Health;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Operations.Metrics;

namespace Nexus.Web.Operations;

internal static class OperationsFeature
{
    public static void AddOperations(this WebApplicationBuilder builder)
    {
        builder.AddHealth();
        builder.AddBackups();
        builder.Services.AddOptions<Retention.RetentionOptions>().BindConfiguration(Retention.RetentionOptions.Section);
        builder.Services.AddSingleton<Restores.RestoreRunner>().AddHostedService(services => services.GetRequiredService<Restores.RestoreRunner>());
        builder.AddJobs();
        builder.AddMetrics();
    }
}
