using System.Reflection;
using System.Text.Json.Serialization;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Listening;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Health;

internal sealed record JournalHealth(long Backlog, long Bytes, double? OldestSeconds, long Shed, bool Writable);

/// <summary>The body of /health.</summary>
internal sealed record HealthReport(string Status, string Service, string Version, DateTimeOffset Timestamp, long UptimeSeconds, string Database, string? ProxyApi, JournalHealth? Journal)
{
    /// <summary>Only with <c>details=true</c> and the dashboard key.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CheckState>? Checks { get; init; }
}

/// <summary>What the ports say of themselves. Read from memory, so it answers at once whatever the database does.</summary>
internal sealed class HealthState(Database database, IServiceProvider services, TimeProvider time)
{
    private readonly DateTimeOffset _started = time.GetUtcNow();

    public static string Version { get; } = typeof(HealthState).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public bool DatabaseReady => database.State.Condition == DatabaseCondition.Ready;

    public HealthReport Report(Listener listener)
    {
        var now = time.GetUtcNow();
        var journal = services.GetService<Journal>()?.Status;
        var sound = DatabaseReady && journal?.Writable != false;
        var proxy = listener == Listener.Proxy;
        return new HealthReport(
            sound ? "healthy" : proxy ? "degraded" : "unhealthy",
            proxy ? "claude-nexus-proxy" : "claude-nexus-dashboard",
            Version,
            now,
            (long)(now - _started).TotalSeconds,
            DatabaseReady ? "connected" : "disconnected",
            proxy ? null : "connected",
            journal is null ? null : new(journal.BacklogExchanges, journal.BytesOnDisk, journal.OldestUnacknowledged is { } oldest ? (now - oldest).TotalSeconds : null, journal.PayloadsShed, journal.Writable));
    }
}
