using Nexus.Web.Conversations.Analyses;
using Nexus.Web.Conversations.Rebuilding;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Backups.PointInTime;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Operations.Logs.Exporting;
using Nexus.Web.Operations.Reports;
using Nexus.Web.Operations.Resources;
using Nexus.Web.Operations.Retention;
using Nexus.Web.Usage.Accounting;
using Nexus.Web.Usage.Caching;
using Nexus.Web.Usage.Repricing;

namespace Nexus.Web.Operations;

/// <summary>Every job of Nexus, on one page. Times are UTC.</summary>
internal static class Schedule
{
    /// <summary>When heavy work disturbs least; scheduled runs begin and end inside it.</summary>
    private static readonly MaintenanceWindow Night = new(new(2, 0), new(5, 0));

    public static IReadOnlyList<RecurringJob> All { get; } =
    [
        new("vacuum", typeof(VacuumJob), "VACUUM (ANALYZE) of each of Nexus's tables, least recently done first.")
        {
            Cron = "15 2 * * *",
            Window = Night,
            TimeBox = TimeSpan.FromMinutes(90),
            Retry = new(Attempts: 1, After: TimeSpan.FromMinutes(10)),
        },
        new("partitions", typeof(PartitionsJob), "Makes the ledger's and the payloads' partitions of this month and the three to come, and drops those that RETENTION_LEDGER and RETENTION_PAYLOADS do not keep.")
        {
            Cron = "5 0 * * *",
            TimeBox = TimeSpan.FromMinutes(30),
            Retry = new(Attempts: 5, After: TimeSpan.FromMinutes(2)),
        },
        new(DatabaseBackupJob.Id, typeof(DatabaseBackupJob), "Dumps the database into BACKUP_DIR and deletes the backups that RETENTION_BACKUPS does not keep.")
        {
            Cron = "25 0 * * *",
            TimeBox = TimeSpan.FromHours(4),
            Retry = new(Attempts: 3, After: TimeSpan.FromMinutes(10)),
        },
        new(CredentialsBackupJob.Id, typeof(CredentialsBackupJob), "Archives the credential files into BACKUP_DIR.")
        {
            Cron = "20 0 * * *",
            TimeBox = TimeSpan.FromMinutes(5),
            Retry = new(Attempts: 3, After: TimeSpan.FromMinutes(10)),
        },
        new(RestoreDrillJob.Id, typeof(RestoreDrillJob), "Restores the newest backups into a scratch database and folder and compares them with their manifests.")
        {
            Cron = "30 5 * * 0",
            TimeBox = TimeSpan.FromHours(6),
            Retry = new(Attempts: 1, After: TimeSpan.FromMinutes(30)),
        },
        new(BaseBackupJob.Id, typeof(BaseBackupJob), "Where BACKUP_PITR is on: a base backup of the private PostgreSQL each week, and the WAL goes that no moment of BACKUP_PITR_DAYS needs.")
        {
            Cron = "45 0 * * *",
            TimeBox = TimeSpan.FromHours(4),
            Retry = new(Attempts: 2, After: TimeSpan.FromMinutes(10)),
        },
        new(RetentionJob.Id, typeof(RetentionJob), "Deletes rollups, audit entries, alerts, reports and missed caches that RETENTION_* does not keep; partitions drops the ledger's and the payloads' months.")
        {
            Cron = "10 3 * * *",
            Window = Night,
            TimeBox = TimeSpan.FromMinutes(60),
            Retry = new(Attempts: 1, After: TimeSpan.FromMinutes(10)),
        },
        new(ReportsJob.Id, typeof(ReportsJob), "Makes the reports of the last day, week and month that are over, and sends them through REPORT_CHANNELS.")
        {
            Cron = "20 1 * * *",
            TimeBox = TimeSpan.FromMinutes(30),
            Retry = new(Attempts: 3, After: TimeSpan.FromMinutes(10)),
        },
        new(PartsGcJob.Id, typeof(PartsGcJob), "Deletes parts of bodies that no payload names any more.")
        {
            Cron = "40 3 * * 6",
            Window = Night,
            TimeBox = TimeSpan.FromMinutes(75),
            Retry = new(Attempts: 1, After: TimeSpan.FromMinutes(10)),
        },
        new(RepriceJob.Id, typeof(RepriceJob), "Costs the requests of a chosen period by the newest price list. Started on the page Prices.")
        {
            Cron = null,
            TimeBox = TimeSpan.FromHours(2),
            Retry = new(Attempts: 3, After: TimeSpan.FromMinutes(1)),
        },
        new(RebuildJob.Id, typeof(RebuildJob), "Places stored requests in their conversations anew, from their bodies.")
        {
            Cron = null,
            TimeBox = TimeSpan.FromHours(6),
            Retry = new(Attempts: 1, After: TimeSpan.FromMinutes(5)),
        },
        new(ReconcileJob.Id, typeof(ReconcileJob), "Compares ledger, rollups and limit counters for the closed hours that have changed.")
        {
            Cron = "12 * * * *",
            TimeBox = TimeSpan.FromMinutes(10),
            Retry = new(Attempts: 2, After: TimeSpan.FromMinutes(5)),
        },
        new(LogExportJob.Id, typeof(LogExportJob), "Exports the last day's log to DATA_DIR/exports, copies it where LOG_EXPORT_* says, and deletes the exports that RETENTION_LOGS does not keep.")
        {
            Cron = "10 0 * * *",
            TimeBox = TimeSpan.FromMinutes(30),
            Retry = new(Attempts: 5, After: TimeSpan.FromMinutes(10)),
        },
        new(ResourceSampleJob.Id, typeof(ResourceSampleJob), "Adds the samples that each node takes every minute up to hours, measures tables, and deletes samples of minutes after 14 days.")
        {
            Cron = "3 * * * *",
            TimeBox = TimeSpan.FromMinutes(10),
            Retry = new(Attempts: 2, After: TimeSpan.FromMinutes(5)),
        },
        new(DiskForecastJob.Id, typeof(DiskForecastJob), "Says from the samples of two weeks when the disks of DATA_DIR and of the private PostgreSQL are full.")
        {
            Cron = "20 6 * * *",
            TimeBox = TimeSpan.FromMinutes(2),
            Retry = new(Attempts: 2, After: TimeSpan.FromMinutes(5)),
        },
        new(AnalysesJob.Id, typeof(AnalysesJob), "Takes up AI analyses that wait although nobody works on them. Each analysis is a job of its own in the queue analyses, seen in the console.")
        {
            Cron = "*/5 * * * *",
            TimeBox = TimeSpan.FromMinutes(2),
            Retry = new(Attempts: 2, After: TimeSpan.FromMinutes(5)),
        },
        new(CacheDoctorJob.Id, typeof(CacheDoctorJob), "Finds turns that missed the prompt cache, names the cause and prices the waste.")
        {
            Cron = "*/5 * * * *",
            TimeBox = TimeSpan.FromMinutes(4),
            Retry = new(Attempts: 1, After: TimeSpan.FromMinutes(2)),
        },
    ];

    /// <summary>Those that run by themselves.</summary>
    public static IEnumerable<RecurringJob> Recurring => All.Where(job => job.Cron is not null);

    public static RecurringJob? Find(string id) => All.FirstOrDefault(job => job.Id == id);
}
