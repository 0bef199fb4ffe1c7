namespace Nexus.Web.Configuration;

/// <summary>The one table of environment variables. docs/configuration.md is generated from it, and a test keeps both true.</summary>
internal static class Variables
{
    public static IReadOnlyList<Variable> All { get; } =
    [
        new("PROXY_PORT", "Listening:ProxyPort", "a port, 0 to 65535 (0: any free one)", "Port of the proxy.", Aliases: ["PORT"]),
        new("DASHBOARD_PORT", "Listening:DashboardPort", "a port, 0 to 65535 (0: any free one)", "Port of the dashboard."),
        new("HOST", "Listening:Host", "an IP address or localhost", "Address that both ports bind."),
        new("SHUTDOWN_GRACE_SECONDS", "Listening:ShutdownGraceSeconds", "seconds, 0 to 3600", "How long streams in flight may take to finish after SIGTERM."),
        new("DATA_DIR", "Data:Directory", "a directory", "Journal, private PostgreSQL and keys. Empty: /var/lib/nexus as root, else $XDG_DATA_HOME/nexus."),
        new("CREDENTIALS_DIR", "Credentials:Directory", "a directory", "Where <domain>.credentials.json files are read from. Empty: DATA_DIR/credentials."),
        new("DATABASE_URL", "Storage:DatabaseUrl", "postgres://user:password@host/database?sslmode=…&pool_max=…&pool_idle_timeout=…, or an Npgsql connection string", "The PostgreSQL server to use. Empty: a private one under DATA_DIR/postgres.", Secret: true),
        new("PRIVATE_POSTGRES_PORT", "Storage:PrivatePostgresPort", "a port, 0 to 65535 (0: a free one, chosen once)", "Loopback port of the private PostgreSQL."),
        new("STORAGE_ENABLED", "Storage:Enabled", "true or false", "false captures nothing; the database still serves keys and jobs."),
        new("SLOW_QUERY_THRESHOLD_MS", "Storage:SlowQueryThresholdMs", "milliseconds, 0 or more", "SQL statements slower than this are logged as warnings."),
        new("DEBUG_SQL", "Storage:DebugSql", "true or false", "Logs each SQL statement with its duration; values are masked."),
        new("JOURNAL_MAX_BYTES", "Journal:MaxBytes", "bytes, 67108864 or more", "Past this size the journal sheds payloads; ledger rows are kept."),
        new("DASHBOARD_API_KEY", "Access:DashboardApiKey", "8 characters or more", "Key of the dashboard and of /api. Empty: one is made and kept under DATA_DIR/keys.", Secret: true, Aliases: ["INTERNAL_API_KEY"]),
        new("ENABLE_CLIENT_AUTH", "Access:EnableClientAuth", "auto, true or false", "auto: a Nexus key is demanded where Nexus pays. true: of everybody. false: of nobody."),
        new("TOKEN_STATS_ALLOW", "Access:TokenStatsAllow", "IP addresses or CIDR ranges, separated by commas", "Callers, besides loopback, that may read /token-stats without a key."),
        new("CLAUDE_API_BASE_URL", "Proxy:UpstreamBaseUrl", "an http or https URL", "The upstream that requests are forwarded to."),
        new("CLAUDE_API_TIMEOUT", "Proxy:IdleTimeoutMs", "milliseconds, 1000 or more", "The upstream may be silent for this long."),
        new("MAX_REQUEST_SIZE", "Proxy:MaxRequestBytes", "bytes, 1024 or more", "Largest body of /v1/messages and count_tokens."),
        new("ACCOUNT_TOKEN_LIMIT", "Usage:AccountTokenLimit", "output tokens, 1 or more", "What an account is assumed to allow per window where the upstream's headers do not say."),
        new("ACCOUNT_TOKEN_WINDOW_MINUTES", "Usage:AccountWindowMinutes", "minutes, 5 to 10080", "The window of ACCOUNT_TOKEN_LIMIT."),
        new("LOG_LEVEL", "Log:Level", "debug, info, warn or error", "Least level that is logged."),
        new("DEBUG", "Log:Debug", "true or false", "The same as LOG_LEVEL=debug."),
    ];
}
