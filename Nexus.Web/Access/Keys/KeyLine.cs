using Microsoft.EntityFrameworkCore;

namespace Nexus.Web.Access.Keys;

/// <summary>A key as it is listed, by the API, the page and the command line: everything but the key and its hash.</summary>
/// <param name="Hint">The key's last four characters.</param>
/// <param name="State">As <see cref="ClientKeys.StateOf"/>.</param>
internal sealed record KeyLine(
    string Id, string Name, string Owner, string Domain, string Hint, IReadOnlyList<string> AllowedModels, string? Capture, string? CaptureReason,
    DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? LastUsedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, string? RevokedBy,
    string? RotatedFrom, string State)
{
    /// <summary>More than these are not listed.</summary>
    public const int Most = 5000;

    public bool Works => State is "active" or "ending";

    public static KeyLine Of(Storage.ClientKeyRow row, DateTimeOffset now, bool replaced = false) => new(
        row.Id, row.Name, row.Owner, row.Domain, row.Hint, row.AllowedModels ?? [], row.Capture, row.CaptureReason, row.CreatedAt, row.CreatedBy,
        row.LastUsedAt, row.ExpiresAt, row.RevokedAt, row.RevokedBy, row.RotatedFrom, ClientKeys.StateOf(row, now, replaced));

    /// <summary>Newest first.</summary>
    public static async Task<List<KeyLine>> ListAsync(ClientKeys keys, DateTimeOffset now, CancellationToken cancellation)
    {
        var rows = await keys.All.OrderByDescending(row => row.CreatedAt).Take(Most).ToListAsync(cancellation);
        var replaced = rows.Select(row => row.RotatedFrom).OfType<string>().ToHashSet();
        return [.. rows.Select(row => Of(row, now, replaced.Contains(row.Id)))];
    }
}
