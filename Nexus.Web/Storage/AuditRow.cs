namespace Nexus.Web.Storage;

/// <summary>One administrative action (table <c>audit_log</c>, append-only).</summary>
internal sealed class AuditRow
{
    public long Id { get; set; }
    public required DateTimeOffset At { get; set; }

    /// <summary>Who: <c>dashboard</c>, <c>api key</c>, <c>cli</c>, later a person.</summary>
    public required string Actor { get; set; }

    /// <summary>From where: the address as the socket saw it; null for the command line.</summary>
    public string? Address { get; set; }

    /// <summary>Dotted, such as <c>key.created</c>.</summary>
    public required string Action { get; set; }

    /// <summary>What it was done to.</summary>
    public required string Subject { get; set; }

    /// <summary>What changed (JSON), without secrets.</summary>
    public string? Details { get; set; }
}
