namespace Nexus.Web.Storage;

/// <summary>A turn whose prompt cache was missed though the turn before it wrote or read it (table <c>cache_misses</c>).</summary>
internal sealed class CacheMissRow
{
    public required DateTimeOffset StartedAt { get; set; }

    /// <summary>The request that missed.</summary>
    public required Guid Id { get; set; }

    /// <summary>The turn before it in the same session and agent.</summary>
    public required Guid PreviousId { get; set; }

    public required DateTimeOffset PreviousAt { get; set; }
    public required string Domain { get; set; }
    public string? AccountId { get; set; }
    public string? KeyId { get; set; }
    public string? Owner { get; set; }
    public required string SessionId { get; set; }
    public string? AgentId { get; set; }
    public string? Model { get; set; }

    /// <summary><c>expired</c>, <c>prefix_changed</c>, <c>model_switched</c>, <c>account_switched</c> or <c>unknown</c>.</summary>
    public required string Cause { get; set; }

    /// <summary>Which part differs first, such as <c>system[1]</c>; null when the prefix did not change or was not kept.</summary>
    public string? ChangedPart { get; set; }

    /// <summary>Tokens that the cache held and that were paid for again.</summary>
    public long MissedTokens { get; set; }

    /// <summary>What they cost beyond a cache read, in millionths of a US dollar.</summary>
    public long WastedMicros { get; set; }
}
