using Nexus.Web.Capture;

namespace Nexus.Web.Access.Keys;

/// <summary>A managed key as the request path knows it.</summary>
/// <param name="AllowedModels">Patterns with <c>*</c>; empty: every model.</param>
/// <param name="Capture">Null: the domain's.</param>
internal sealed record ClientKey(
    string Id,
    KeyHash Hash,
    string Name,
    string Owner,
    string Domain,
    IReadOnlyList<string> AllowedModels,
    CaptureLevel? Capture,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt)
{
    /// <summary>Shared by all versions of this key in this process.</summary>
    public KeyUse Use { get; init; } = new();
}

/// <summary>When a key was used last, marked without a lock and written down later.</summary>
internal sealed class KeyUse
{
    private long _ticks;
    private long _written;

    public void Mark(DateTimeOffset at) => Volatile.Write(ref _ticks, at.UtcTicks);

    /// <summary>The last use, when it is not written down yet.</summary>
    public DateTimeOffset? Unwritten => Volatile.Read(ref _ticks) is var ticks && ticks > Volatile.Read(ref _written) ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    public void Wrote(DateTimeOffset at) => Volatile.Write(ref _written, at.UtcTicks);
}
