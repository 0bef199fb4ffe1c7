using Nexus.Web.Operations.Alerts;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Health;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Operations.Metrics;
using Nexus.Web.Operations.Reports;
using Nexus.Web.Operations.Resources;

namespace Nexus.Web.Operations;

internal static class OperationsFeature
{
    public static void AddOperations(this WebApplicationBuilder builder)
    {
        builder.AddHealth();
        builder.AddBackups();
        builder.Services.AddOptions<Storage.BeforeMigrating>().Configure<IServiceProvider>((before, services) => before.First = (context, cancellation) => services.GetRequiredService<Backups.MigrationBackup>().RunAsync(context, cancellation));
        builder.Services.AddOptions<Retention.RetentionOptions>().BindConfiguration(Retention.RetentionOptions.Section);
        builder.Services.AddSingleton<Restores.RestoreRunner>().AddHostedService(services => services.GetRequiredService<Restores.RestoreRunner>());
        builder.Services.AddSingleton<Audit.AuditTrail>().AddHostedService(services => services.GetRequiredService<Audit.AuditTrail>());
        builder.AddAlerts();
        builder.AddReports();
        builder.AddResources();
        builder.AddJobs();
        builder.AddMetrics();
    }
}
