using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.Keys;

/// <summary>What is kept of a domain's requests: set with its reason, in one transaction with its line in the audit log and the notification to all nodes.</summary>
internal sealed class DomainCapture(NexusDbContext db, TimeProvider time)
{
    /// <param name="level">Null: the default of all domains again.</param>
    /// <exception cref="KeyProblemException">Says what is wrong with the request.</exception>
    public async Task SetAsync(string domain, CaptureLevel? level, string? reason, Actor actor, CancellationToken cancellation)
    {
        var problems = KeyRequest.CaptureProblems(level, reason).ToList();
        if (RequestDomain.From(domain) is not { } name)
            problems.Add($"domain: '{domain}' is no host name");
        else
            domain = name;
        if (problems.Count > 0)
            throw new KeyProblemException(problems);
        var now = time.GetUtcNow();
        var row = await db.DomainSettings.FirstOrDefaultAsync(settings => settings.Domain == domain, cancellation);
        var before = row is null ? null : new { row.Capture, row.CaptureReason };
        if (level is null && row is not null)
            db.DomainSettings.Remove(row);
        if (level is { } chosen)
        {
            if (row is null)
                db.DomainSettings.Add(row = new DomainSettingsRow { Domain = domain, Capture = "", CaptureReason = "", UpdatedAt = now, UpdatedBy = "" });
            (row.Capture, row.CaptureReason, row.UpdatedAt, row.UpdatedBy) = (chosen.ToText(), reason!.Trim(), now, actor.Name);
        }

        db.Record(actor, now, "domain.capture", domain, new { before, after = level is null ? null : new { capture = level.Value.ToText(), captureReason = reason!.Trim() } });
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await db.SaveChangesAsync(cancellation);
        await db.Database.ExecuteSqlAsync($"SELECT pg_notify({AccessFeed.Channel}, '')", cancellation);
        await transaction.CommitAsync(cancellation);
    }
}
