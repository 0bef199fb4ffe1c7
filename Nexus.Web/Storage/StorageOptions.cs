namespace Nexus.Web.Storage;

internal sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>Empty: a private PostgreSQL under the data directory.</summary>
    public string DatabaseUrl { get; set; } = "";

    /// <summary>False: nothing is captured; the database still serves keys and jobs.</summary>
    public bool Enabled { get; set; }

    /// <summary>Milliseconds.</summary>
    public int SlowQueryThresholdMs { get; set; }

    public bool DebugSql { get; set; }

    /// <summary>0: a free port is chosen once and kept.</summary>
    public int PrivatePostgresPort { get; set; }

    /// <summary>Archives the private PostgreSQL's WAL, so that it can be recovered as of any moment.</summary>
    public bool PointInTime { get; set; }

    /// <summary>Empty: DATA_DIR/postgres/pitr.</summary>
    public string PointInTimeDirectory { get; set; } = "";

    /// <summary>How far back.</summary>
    public int PointInTimeDays { get; set; }
}
