namespace Nexus.Web.Storage;

/// <summary>A managed client key (table <c>client_keys</c>). The key itself is shown once and never stored.</summary>
internal sealed class ClientKeyRow
{
    /// <summary><c>key_</c> and 16 characters; what the ledger names the key by.</summary>
    public required string Id { get; set; }

    /// <summary>SHA-256 of the key.</summary>
    public required byte[] SecretHash { get; set; }

    /// <summary>The key's last four characters, to tell keys apart.</summary>
    public required string Hint { get; set; }

    public required string Name { get; set; }

    /// <summary>The person or program that uses it.</summary>
    public required string Owner { get; set; }

    public required string Domain { get; set; }

    /// <summary>Patterns with <c>*</c>; null or empty: every model.</summary>
    public string[]? AllowedModels { get; set; }

    /// <summary>As <see cref="Capture.CaptureLevel"/>, lower case; null: the domain's.</summary>
    public string? Capture { get; set; }

    public string? CaptureReason { get; set; }
    public required DateTimeOffset CreatedAt { get; set; }
    public required string CreatedBy { get; set; }
    public DateTimeOffset? ExpiresAt { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }
    public string? RevokedBy { get; set; }

    /// <summary>Written at most once a minute.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    /// <summary>The key that this one replaces; both work until that one's <see cref="ExpiresAt"/>.</summary>
    public string? RotatedFrom { get; set; }
}
