using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.Roles;
using Nexus.Web.Access.SignIn;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.BreakGlass;

/// <summary>The grants in force, as all nodes know them.</summary>
internal sealed class Grants(IDbContextFactory<NexusDbContext> contexts, IOptions<SignInOptions> options, TimeProvider time)
{
    /// <summary>Of a reason.</summary>
    public const int LeastCharacters = 5;

    public const int MostCharacters = 500;

    private volatile ConcurrentDictionary<string, Grant> _byGrantee = new();

    public bool AreNeeded => options.Value.BreakGlass;

    public TimeSpan Lasts => TimeSpan.FromMinutes(options.Value.BreakGlassMinutes);

    /// <summary>The one in force; null without.</summary>
    public Grant? Of(SignedIn who) => AreNeeded && _byGrantee.TryGetValue(who.Grantee, out var grant) && grant.EndsAt > time.GetUtcNow() ? grant : null;

    /// <summary>The grant, its entry in the audit log and the notification of all nodes are one transaction.</summary>
    public async Task<Grant> OpenAsync(SignedIn who, string reason, Actor actor, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var grant = new Grant(Guid.CreateVersion7(now), who.Grantee, who.Name, reason, now, now + Lasts);
        await SaveAsync(db =>
        {
            db.ContentGrants.Add(new() { Id = grant.Id, Grantee = grant.Grantee, Person = grant.Person, Reason = grant.Reason, GrantedAt = grant.GrantedAt, EndsAt = grant.EndsAt });
            db.Record(actor, now, "break_glass.opened", who.Name, new { grant.Reason, grant.EndsAt, grant = grant.Id });
            return Task.CompletedTask;
        }, cancellation);
        _byGrantee[grant.Grantee] = grant;
        return grant;
    }

    public async Task EndAsync(Grant grant, Actor actor, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await SaveAsync(async db =>
        {
            await db.ContentGrants.Where(row => row.Grantee == grant.Grantee && row.EndsAt > now).ExecuteUpdateAsync(set => set.SetProperty(row => row.EndsAt, now), cancellation);
            db.Record(actor, now, "break_glass.ended", grant.Person, new { grant.Reason, grant = grant.Id });
        }, cancellation);
        _byGrantee.TryRemove(grant.Grantee, out _);
    }

    /// <summary>What the database says takes the place of what was known.</summary>
    public async Task ReloadAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var rows = await db.ContentGrants.AsNoTracking().Where(row => row.EndsAt > now).OrderBy(row => row.GrantedAt).ToListAsync(cancellation);
        var known = new ConcurrentDictionary<string, Grant>();
        foreach (var row in rows)
            known[row.Grantee] = new(row.Id, row.Grantee, row.Person, row.Reason, row.GrantedAt, row.EndsAt);
        _byGrantee = known;
    }

    private async Task SaveAsync(Func<NexusDbContext, Task> change, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await change(db);
        await db.SaveChangesAsync(cancellation);
        await db.Database.ExecuteSqlAsync($"SELECT pg_notify({SessionFeed.Channel}, '')", cancellation);
        await transaction.CommitAsync(cancellation);
    }
}
