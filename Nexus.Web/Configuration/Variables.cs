namespace Nexus.Web.Configuration;

/// <summary>The one table of environment variables. docs/configuration.md is generated from it, and a test keeps both true.</summary>
internal static class Variables
{
    public static IReadOnlyList<Variable> All { get; } =
    [
        new("PROXY_PORT", "Listening:ProxyPort", Accepted.Port("any free one"), "Port of the proxy.", Aliases: ["PORT"]),
        new("DASHBOARD_PORT", "Listening:DashboardPort", Accepted.Port("any free one"), "Port of the dashboard."),
        new("HOST", "Listening:Host", Accepted.Address, "Address that both ports bind."),
        new("SHUTDOWN_GRACE_SECONDS", "Listening:ShutdownGraceSeconds", Accepted.Whole("seconds", 0, 3600), "How long streams in flight may take to finish after SIGTERM."),
        new("DATA_DIR", "Data:Directory", Accepted.Directory, "Journal, private PostgreSQL and keys. Empty: /var/lib/nexus as root, else $XDG_DATA_HOME/nexus."),
        new("CREDENTIALS_DIR", "Credentials:Directory", Accepted.Directory, "Where <domain>.credentials.json files are read from. Empty: DATA_DIR/credentials."),
        new("DATABASE_URL", "Storage:DatabaseUrl", Accepted.DatabaseUrl, "The PostgreSQL server to use. Empty: a private one under DATA_DIR/postgres.", Secret: true),
        new("PRIVATE_POSTGRES_PORT", "Storage:PrivatePostgresPort", Accepted.Port("a free one, chosen once"), "Loopback port of the private PostgreSQL."),
        new("STORAGE_ENABLED", "Storage:Enabled", Accepted.Boolean, "false captures nothing; the database still serves keys and jobs."),
        new("SLOW_QUERY_THRESHOLD_MS", "Storage:SlowQueryThresholdMs", Accepted.Whole("milliseconds", 0, int.MaxValue), "SQL statements that take longer are logged as warnings."),
        new("DEBUG_SQL", "Storage:DebugSql", Accepted.Boolean, "Logs each SQL statement with its duration and rows, whatever LOG_LEVEL is; values are masked."),
        new("JOURNAL_MAX_BYTES", "Journal:MaxBytes", Accepted.Whole("bytes", 64 << 20), "Past this size the journal sheds payloads; ledger rows are kept."),
        new("CAPTURE_LEVEL", "Capture:Level", Accepted.Word("full", "redacted", "metadata", "off"), "What is kept of requests whose key and domain have no level of their own."),
        new("CAPTURE_REDACT", "Capture:Redact", Accepted.Patterns, "What the level redacted replaces besides secrets, e-mail addresses and card numbers."),
        new("DASHBOARD_API_KEY", "Access:DashboardApiKey", Accepted.Key, "Key of the dashboard and of /api. Empty: one is made and kept under DATA_DIR/keys.", Secret: true, Aliases: ["INTERNAL_API_KEY"]),
        new("ENABLE_CLIENT_AUTH", "Access:EnableClientAuth", Accepted.AutoOrBoolean, "auto: a Nexus key is demanded where Nexus pays. true: of everybody. false: of nobody."),
        new("TOKEN_STATS_ALLOW", "Access:TokenStatsAllow", Accepted.Addresses, "Callers, besides loopback, that may read /token-stats without a key."),
        new("BUDGETS_FAIL", "Limits:BudgetsFail", Accepted.Word("open", "closed"), "What happens to requests while no budget has been read since the start, because the database is away: open lets them pass, closed refuses them (503)."),
        new("RATE_LIMIT_WINDOW_MS", "Limits:PerKey:WindowMs", Accepted.Whole("milliseconds", 1000, int.MaxValue), "The window of the limits for each key."),
        new("RATE_LIMIT_MAX_REQUESTS", "Limits:PerKey:MaxRequests", Accepted.Whole("requests", 0, int.MaxValue, " (0: no limit)"), "Requests of each key per window."),
        new("RATE_LIMIT_MAX_TOKENS", "Limits:PerKey:MaxTokens", Accepted.Whole("tokens", 0, 1_000_000_000_000, " (0: no limit)"), "Tokens of each key per window: input, output and cache writes."),
        new("DOMAIN_RATE_LIMIT_WINDOW_MS", "Limits:PerDomain:WindowMs", Accepted.Whole("milliseconds", 1000, int.MaxValue), "The window of the limits for each domain."),
        new("DOMAIN_RATE_LIMIT_MAX_REQUESTS", "Limits:PerDomain:MaxRequests", Accepted.Whole("requests", 0, int.MaxValue, " (0: no limit)"), "Requests of each domain per window."),
        new("DOMAIN_RATE_LIMIT_MAX_TOKENS", "Limits:PerDomain:MaxTokens", Accepted.Whole("tokens", 0, 1_000_000_000_000, " (0: no limit)"), "Tokens of each domain per window: input, output and cache writes."),
        new("CLAUDE_API_BASE_URL", "Proxy:UpstreamBaseUrl", Accepted.HttpUrl, "The upstream that requests are forwarded to."),
        new("CLAUDE_API_TIMEOUT", "Proxy:IdleTimeoutMs", Accepted.Whole("milliseconds", 1000, int.MaxValue), "The upstream may be silent for this long."),
        new("MAX_REQUEST_SIZE", "Proxy:MaxRequestBytes", Accepted.Whole("bytes", 1024, 1 << 30), "Largest body of /v1/messages and count_tokens."),
        new("ACCOUNT_TOKEN_LIMIT", "Usage:AccountTokenLimit", Accepted.Whole("output tokens", 1), "What an account is assumed to allow per window where the upstream's headers do not say."),
        new("ACCOUNT_TOKEN_WINDOW_MINUTES", "Usage:AccountWindowMinutes", Accepted.Whole("minutes", 5, 10080), "The window of ACCOUNT_TOKEN_LIMIT."),
        new("BACKUP_DIR", "Backups:Directory", Accepted.Directory, "Where backups are kept. Empty: DATA_DIR/backups. Several nodes can share one."),
        new("BACKUP_PASSPHRASE", "Backups:Passphrase", Accepted.Key, "Encrypts backups of the credential files, as openssl enc -aes-256-cbc -pbkdf2 does. Empty: they are not encrypted.", Secret: true),
        new("BACKUP_MAX_AGE_HOURS", "Backups:MaxAgeHours", Accepted.Whole("hours", 1, 8784), "When the newest verified backup is older, the dashboard warns."),
        new("RETENTION_BACKUPS", "Backups:Retention", Accepted.Backups, "Which backups stay: the newest of each of the last days (d), weeks (w) and months (m)."),
        new("RETENTION_LEDGER", "Retention:Ledger", Accepted.Age, "How long requests are kept in the ledger, in whole months; their payloads and missed caches never longer."),
        new("RETENTION_PAYLOADS", "Retention:Payloads", Accepted.Age, "How long bodies and headers are kept, in whole months."),
        new("RETENTION_ROLLUPS", "Retention:Rollups", Accepted.Age, "How long the sums behind charts and totals are kept; those of five minutes for 35 days in any case."),
        new("RETENTION_AUDIT", "Retention:Audit", Accepted.Age, "How long entries of the audit log are kept."),
        new("LOG_LEVEL", "Log:Level", Accepted.Word("debug", "info", "warn", "error"), "Least level that is logged."),
        new("DEBUG", "Log:Debug", Accepted.Boolean, "The same as LOG_LEVEL=debug."),
    ];
}
