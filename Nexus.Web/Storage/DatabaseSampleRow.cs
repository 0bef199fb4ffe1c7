namespace Nexus.Web.Storage;

/// <summary>The database at a minute, or at the last minute of an hour (table <c>database_samples</c>); one node measures for all.</summary>
internal sealed class DatabaseSampleRow
{
    /// <summary>1 or 60.</summary>
    public required short SpanMinutes { get; set; }

    /// <summary>Where the minute or the hour begins.</summary>
    public required DateTimeOffset At { get; set; }

    /// <summary>All tables and indexes of the database.</summary>
    public required long Bytes { get; set; }

    /// <summary>Sessions of clients of the server, whatever their database; the most in rows of an hour.</summary>
    public required int Connections { get; set; }

    /// <summary>Those that run a statement.</summary>
    public required int Active { get; set; }

    /// <summary>PostgreSQL's <c>max_connections</c>.</summary>
    public required int MaxConnections { get; set; }

    /// <summary>Free on the disk of the private cluster; null for a given server, which does not tell.</summary>
    public long? DiskFreeBytes { get; set; }

    public long? DiskBytes { get; set; }

    /// <summary>Bytes by table, partitions added to their parent (JSON); in rows of an hour only.</summary>
    public string? Tables { get; set; }
}
