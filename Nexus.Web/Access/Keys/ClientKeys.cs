using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.Keys;

/// <summary>
/// Makes and changes managed keys, for the dashboard, the API and the command line alike. Each change, its line in the audit
/// log and the notification to all nodes are one transaction.
/// </summary>
internal sealed class ClientKeys(NexusDbContext db, TimeProvider time)
{
    public IQueryable<ClientKeyRow> All => db.ClientKeys.AsNoTracking();

    /// <returns>The row, and the key itself: the only time it is seen.</returns>
    /// <exception cref="KeyProblemException">Says what is wrong with the request.</exception>
    public async Task<(ClientKeyRow Row, string Key)> CreateAsync(KeyRequest request, Actor actor, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        Check(request, now);
        var (row, key) = New(request, actor, now);
        db.ClientKeys.Add(row);
        db.Record(actor, now, "key.created", row.Id, new { row.Name, row.Owner, row.Domain, row.AllowedModels, row.Capture, row.CaptureReason, row.ExpiresAt });
        await SaveAsync(cancellation);
        return (row, key);
    }

    /// <summary>Changes everything but the key itself. The domain stays: a key is made for one host.</summary>
    /// <exception cref="KeyProblemException">Says what is wrong with the request.</exception>
    public async Task<ClientKeyRow?> EditAsync(string id, Func<ClientKeyRow, KeyRequest> change, Actor actor, CancellationToken cancellation)
    {
        if (await db.ClientKeys.FirstOrDefaultAsync(row => row.Id == id, cancellation) is not { } row)
            return null;
        var now = time.GetUtcNow();
        var request = change(row);
        // An expiry that has passed may stay as it is.
        Check(request.ExpiresAt == row.ExpiresAt ? request with { ExpiresAt = null } : request, now);
        if (row.RevokedAt is not null)
            throw new KeyProblemException(["The key is revoked and cannot be changed. Make a new one."]);
        var before = new { row.Name, row.Owner, row.AllowedModels, row.Capture, row.CaptureReason, row.ExpiresAt };
        Apply(request, row);
        db.Record(actor, now, "key.edited", row.Id, new { before, after = new { row.Name, row.Owner, row.AllowedModels, row.Capture, row.CaptureReason, row.ExpiresAt } });
        await SaveAsync(cancellation);
        return row;
    }

    /// <summary>Makes a key like this one, which works at once; the old one works until <paramref name="oldEnds"/>.</summary>
    /// <param name="oldEnds">Now or earlier: the old key ends at once.</param>
    /// <exception cref="KeyProblemException">The key works no more, so there is nothing to carry over.</exception>
    public async Task<(ClientKeyRow Row, string Key)?> RotateAsync(string id, DateTimeOffset oldEnds, Actor actor, CancellationToken cancellation)
    {
        if (await db.ClientKeys.FirstOrDefaultAsync(row => row.Id == id, cancellation) is not { } old)
            return null;
        var now = time.GetUtcNow();
        if (StateOf(old, now) is "revoked" or "expired")
            throw new KeyProblemException([$"The key is {StateOf(old, now)}, so there is nothing to hand over. Make a new one."]);
        // A key that was made for ninety days is followed by another for ninety days.
        var expires = old.ExpiresAt is { } end ? now + (end - old.CreatedAt) : (DateTimeOffset?)null;
        var (row, key) = New(new KeyRequest(old.Name, old.Owner, old.Domain, old.AllowedModels ?? [], CaptureLevels.TryParse(old.Capture), old.CaptureReason, expires), actor, now);
        row.RotatedFrom = old.Id;
        old.ExpiresAt = oldEnds < (old.ExpiresAt ?? DateTimeOffset.MaxValue) ? (oldEnds < now ? now : oldEnds) : old.ExpiresAt;
        db.ClientKeys.Add(row);
        db.Record(actor, now, "key.rotated", old.Id, new { newKey = row.Id, oldKeyEndsAt = old.ExpiresAt });
        await SaveAsync(cancellation);
        return (row, key);
    }

    /// <summary>Ends the key for good on all nodes. Once more changes nothing.</summary>
    public async Task<ClientKeyRow?> RevokeAsync(string id, Actor actor, CancellationToken cancellation)
    {
        if (await db.ClientKeys.FirstOrDefaultAsync(row => row.Id == id, cancellation) is not { } row)
            return null;
        if (row.RevokedAt is not null)
            return row;
        var now = time.GetUtcNow();
        (row.RevokedAt, row.RevokedBy) = (now, actor.Name);
        db.Record(actor, now, "key.revoked", row.Id, new { row.Name, row.Owner, row.Domain });
        await SaveAsync(cancellation);
        return row;
    }

    /// <returns><c>active</c>, <c>ending</c> (replaced, still works), <c>expired</c> or <c>revoked</c>.</returns>
    public static string StateOf(ClientKeyRow row, DateTimeOffset now, bool replaced = false) => row switch
    {
        { RevokedAt: not null } => "revoked",
        { ExpiresAt: { } end } when end <= now => "expired",
        _ => replaced ? "ending" : "active",
    };

    private static (ClientKeyRow Row, string Key) New(KeyRequest request, Actor actor, DateTimeOffset now)
    {
        var key = KeySecret.New();
        var row = new ClientKeyRow
        {
            Id = KeySecret.NewId(),
            SecretHash = KeyHash.Of(key).ToBytes(),
            Hint = key[^4..],
            Name = "",
            Owner = "",
            Domain = RequestDomain.From(request.Domain)!,
            CreatedAt = now,
            CreatedBy = actor.Name,
        };
        Apply(request, row);
        return (row, key);
    }

    private static void Apply(KeyRequest request, ClientKeyRow row)
    {
        (row.Name, row.Owner) = (request.Name.Trim(), request.Owner.Trim());
        row.AllowedModels = request.AllowedModels.Count == 0 ? null : [.. request.AllowedModels];
        row.Capture = request.Capture?.ToText();
        row.CaptureReason = request.Capture is null ? null : request.CaptureReason?.Trim();
        row.ExpiresAt = request.ExpiresAt?.ToUniversalTime();
    }

    private static void Check(KeyRequest request, DateTimeOffset now)
    {
        if (request.Problems(now) is { Count: > 0 } problems)
            throw new KeyProblemException(problems);
    }

    private async Task SaveAsync(CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await db.SaveChangesAsync(cancellation);
        await db.Database.ExecuteSqlAsync($"SELECT pg_notify({AccessFeed.Channel}, '')", cancellation);
        await transaction.CommitAsync(cancellation);
    }
}
