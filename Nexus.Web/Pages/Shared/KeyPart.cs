namespace Nexus.Web.Pages.Shared;

/// <summary>A managed key as the pages show it.</summary>
/// <param name="Models">Patterns; empty: every model.</param>
/// <param name="Capture">Null: the domain's.</param>
/// <param name="State"><c>active</c>, <c>ending</c>, <c>expired</c> or <c>revoked</c>.</param>
public sealed record KeyPart(
    string Id, string Name, string Owner, string Domain, string Hint, IReadOnlyList<string> Models, string? Capture, string? CaptureReason,
    DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? LastUsedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, string? RevokedBy, string? RotatedFrom, string State)
{
    public bool Works => State is "active" or "ending";

    public string Tone => State switch { "active" => "good", "ending" => "warn", _ => "" };

    internal static KeyPart Of(Access.Keys.KeyLine line) => new(
        line.Id, line.Name, line.Owner, line.Domain, line.Hint, line.AllowedModels, line.Capture, line.CaptureReason, line.CreatedAt, line.CreatedBy,
        line.LastUsedAt, line.ExpiresAt, line.RevokedAt, line.RevokedBy, line.RotatedFrom, line.State);
}

/// <summary>What someone typed into the form of a key, to be shown again where it was wrong.</summary>
public sealed record KeyFields(string Name = "", string Owner = "", string Domain = "", string Models = "", string Expires = "", string Capture = "", string Reason = "");

/// <summary>A key that was just made: the only moment it can be shown.</summary>
/// <param name="Address">Where its clients reach the gateway.</param>
/// <param name="Pays">Whether the domain has an account that pays; else callers bring their own credential.</param>
public sealed record NewKey(KeyPart Key, string Secret, string Address, bool Pays);
