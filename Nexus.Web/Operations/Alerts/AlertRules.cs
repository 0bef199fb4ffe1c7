namespace Nexus.Web.Operations.Alerts;

/// <summary>Every rule with its defaults, on one page: the operations guide's best practices, and what Nexus knows beyond them.</summary>
internal static class AlertRules
{
    private static readonly TimeSpan Never = TimeSpan.Zero;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hours = TimeSpan.FromHours(4);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static IReadOnlyList<AlertRule> Defaults { get; } =
    [
        new(AlertRule.Database, "Database away", "", 1, AlertRule.Critical, Minute, Minute, Hours, "Requests are still proxied and kept in the journal. Start PostgreSQL, or look at the node's log for db_unavailable."),
        new("health", "Health check failing", "", 1, AlertRule.Critical, Minute, 2 * Minute, Hours, "Look at the page Health, or ask /health?details=true."),
        new("memory", "Memory high", "% of the limit", 90, AlertRule.Warning, 5 * Minute, 5 * Minute, Day, "Raise the container's memory, or look for what grows on the page Resources."),
        new("cpu", "CPU high", "% of the cores", 90, AlertRule.Warning, 10 * Minute, 5 * Minute, Day, "Give the container more cores, or look at what runs on the page Jobs."),
        new("disk", "Disk nearly full", "% used", 90, AlertRule.Critical, 5 * Minute, 5 * Minute, Hours, "Free space where DATA_DIR lies. A full disk sheds payloads first, the ledger last."),
        new("disk-forecast", "Disk full soon", "days left", Resources.DiskOutlook.Soon, AlertRule.Warning, 30 * Minute, 60 * Minute, Day, "Shorten RETENTION_PAYLOADS, or make room.") { Below = true },
        new("journal", "Journal behind", "minutes", 5, AlertRule.Warning, 2 * Minute, 2 * Minute, Hours, "Ingest does not keep up or the database refuses what it writes: look at the log."),
        new("shed", "Payloads shed", "in 15 min", 1, AlertRule.Critical, Never, 15 * Minute, Hours, "The journal is past JOURNAL_MAX_BYTES: ledger rows are kept, bodies are not."),
        new("latency", "Answers slower than usual", "times the usual", 2, AlertRule.Warning, 5 * Minute, 10 * Minute, Hours, "Compare the models on the page Usage; the upstream may be slow."),
        new("errors", "Many errors", "% of requests", 20, AlertRule.Warning, 2 * Minute, 5 * Minute, Hours, "Open the failed requests: what the upstream said is in each of them."),
        new("account", "Account near its limit", "% used", 80, AlertRule.Warning, Minute, 5 * Minute, Day, "Spread the load over more accounts, or wait for the reset."),
        new("budget", "Budget threshold passed", "", 1, AlertRule.Warning, Never, Never, Never, "Raise the budget for a while on its page, or talk to whoever spends it."),
        new("backup", "Backup not verified", "", 1, AlertRule.Critical, 10 * Minute, Minute, Day, "Look at the runs of database-backup and restore-drill."),
        new(BackupReadings.Missing, "No backup was ever made", "hours", 26, AlertRule.Critical, 10 * Minute, Minute, Day, "One is made each night at 00:25 UTC: look at the job database-backup, or make one on the page Backups."),
        new("unpriced", "Model without a price", "requests in 24 h", 1, AlertRule.Warning, 5 * Minute, 10 * Minute, Never, "Add a line for it on the page Prices, then cost its requests again."),
        new("job", "Job failed", "", 1, AlertRule.Warning, Never, Never, Day, "Its page says what happened; run it again from there."),
        new("auth", "Failed sign-ins and keys", "in 5 min", 20, AlertRule.Warning, Never, 10 * Minute, Hours, "Somebody may be guessing, or a program has an old key: the log has the addresses."),
    ];

    public static AlertRule? Find(string id) => Defaults.FirstOrDefault(rule => rule.Id == id);
}
