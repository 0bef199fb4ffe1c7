namespace Nexus.Web.Storage;

/// <summary>A rate-limit window of a Claude account as the upstream's headers last told it (table <c>account_windows</c>).</summary>
internal sealed class AccountWindowRow
{
    public required string AccountId { get; set; }

    /// <summary>As in <c>anthropic-ratelimit-unified-{window}-utilization</c>: <c>5h</c>, <c>7d</c>, <c>7d_opus</c> and so on; <c>unified</c> for the header without a window.</summary>
    public required string WindowName { get; set; }

    /// <summary><c>allowed</c>, <c>allowed_warning</c> or <c>rejected</c>.</summary>
    public string? Status { get; set; }

    /// <summary>0 to 1, and above when over.</summary>
    public double? Utilization { get; set; }

    public DateTimeOffset? ResetsAt { get; set; }
    public required DateTimeOffset ObservedAt { get; set; }
}
