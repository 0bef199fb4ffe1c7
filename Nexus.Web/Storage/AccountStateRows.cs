namespace Nexus.Web.Storage;

/// <summary>What holds of a Claude account as a whole (table <c>account_states</c>). No row: nothing does.</summary>
internal sealed class AccountStateRow
{
    public required string AccountId { get; set; }

    /// <summary>What an operator wants: <c>active</c>, <c>draining</c> or <c>paused</c>.</summary>
    public required string Mode { get; set; }

    public DateTimeOffset? ModeSince { get; set; }
    public string? ModeBy { get; set; }

    /// <summary>Not asked until then, because the upstream refused its credential; null when it did not.</summary>
    public DateTimeOffset? IsolatedUntil { get; set; }

    public DateTimeOffset? IsolatedSince { get; set; }
    public string? IsolatedReason { get; set; }
    public string? LastError { get; set; }
    public DateTimeOffset? LastErrorAt { get; set; }
    public required DateTimeOffset UpdatedAt { get; set; }
}

/// <summary>An account that is not asked for a model for a while (table <c>account_cooldowns</c>).</summary>
internal sealed class AccountCooldownRow
{
    public required string AccountId { get; set; }

    /// <summary>Lower case, or <c>*</c> for every model.</summary>
    public required string Model { get; set; }

    public required DateTimeOffset Since { get; set; }
    public required DateTimeOffset Until { get; set; }

    /// <summary>The upstream said until when; else it is a guess, which no caller is told.</summary>
    public required bool IsTold { get; set; }

    public required string Reason { get; set; }
    public required DateTimeOffset UpdatedAt { get; set; }
}
