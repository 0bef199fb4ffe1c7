using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Accounting;
using Npgsql;

namespace Nexus.Web.Access.Limits;

/// <param name="Amount">Added to the budget, in the limit's unit; 0 ends a raise.</param>
/// <param name="Until">When the budget is the old one again.</param>
internal sealed record Raise(long Amount, DateTimeOffset? Until = null, string? Reason = null)
{
    public IEnumerable<string> Problems(DateTimeOffset now)
    {
        if (Amount is < 0 or > LimitDraft.Most)
            yield return $"amount: what is added, more than 0 and at most {LimitDraft.Most}; 0 ends a raise.";
        if (Amount > 0 && !(Until > now))
            yield return "until: a time to come, such as 2026-12-24T18:00:00Z.";
        if (Amount > 0 && (string.IsNullOrWhiteSpace(Reason) || Reason.Length > 500))
            yield return "reason: say why, in 1 to 500 characters.";
    }
}

/// <summary>Makes, changes and deletes limits, each with its line in the audit log and, where a budget counts something else now, its counters, in one transaction.</summary>
internal sealed class LimitEditor(IDbContextFactory<NexusDbContext> contexts, LimitBook book, TimeProvider time)
{
    private const string Alphabet = "abcdefghjkmnpqrstuvwxyz23456789";

    public async Task<LimitRow> CreateAsync(LimitDraft draft, Actor actor, CancellationToken cancellation)
    {
        var now = Now();
        var row = draft.NewRow("lim_" + RandomNumberGenerator.GetString(Alphabet, 16), actor.Name, now);
        await SaveAsync(db =>
        {
            db.Limits.Add(row);
            db.Record(actor, now, "limit.created", row.Id, draft);
            return Task.FromResult<LimitRow?>(row);
        }, _ => true, now, cancellation);
        return row;
    }

    /// <returns>Null when there is no such limit.</returns>
    public Task<LimitRow?> ChangeAsync(string id, LimitDraft draft, Actor actor, CancellationToken cancellation)
    {
        var now = Now();
        var counted = "";
        return SaveAsync(async db =>
        {
            if (await db.Limits.FindAsync([id], cancellation) is not { } row)
                return null;
            counted = Counted(row);
            var was = Draft(row);
            draft.Write(row, now);
            db.Record(actor, now, "limit.changed", id, new { before = was, after = draft });
            return row;
        }, row => Counted(row) != counted, now, cancellation);
    }

    /// <inheritdoc cref="ChangeAsync"/>
    public Task<LimitRow?> RaiseAsync(string id, Raise raise, Actor actor, CancellationToken cancellation)
    {
        var now = Now();
        return SaveAsync(async db =>
        {
            if (await db.Limits.FindAsync([id], cancellation) is not { } row)
                return null;
            var ends = raise.Amount == 0;
            row.RaiseAmount = ends ? null : raise.Amount;
            row.RaisedUntil = ends ? null : raise.Until?.ToUniversalTime();
            row.RaiseReason = ends ? null : raise.Reason;
            row.UpdatedAt = now;
            db.Record(actor, now, ends ? "limit.raise_ended" : "limit.raised", id, raise);
            return row;
        }, _ => false, now, cancellation);
    }

    /// <inheritdoc cref="ChangeAsync"/>
    public Task<LimitRow?> EnableAsync(string id, bool enabled, Actor actor, CancellationToken cancellation)
    {
        var now = Now();
        return SaveAsync(async db =>
        {
            if (await db.Limits.FindAsync([id], cancellation) is not { } row)
                return null;
            (row.Enabled, row.UpdatedAt) = (enabled, now);
            db.Record(actor, now, enabled ? "limit.enabled" : "limit.disabled", id);
            return row;
        }, _ => false, now, cancellation);
    }

    /// <summary>Deletes a limit with its counters and its history.</summary>
    /// <inheritdoc cref="ChangeAsync"/>
    public Task<LimitRow?> DeleteAsync(string id, Actor actor, CancellationToken cancellation)
    {
        var now = Now();
        return SaveAsync(async db =>
        {
            if (await db.Limits.FindAsync([id], cancellation) is not { } row)
                return null;
            db.Limits.Remove(row);
            await db.LimitLeases.Where(lease => lease.LimitId == id).ExecuteDeleteAsync(cancellation);
            db.Record(actor, now, "limit.deleted", id, Draft(row));
            return row;
        }, _ => false, now, cancellation);
    }

    public static LimitDraft Draft(LimitRow row) => new(
        row.Name, row.Scope, row.Subject, row.Unit, row.Amount, row.Period, ((DayOfWeek)row.WeekStart).ToString().ToLowerInvariant(), row.TimeZone, row.Hard, row.Thresholds,
        row.RequestsPerMinute, row.TokensPerMinute, row.ConcurrentStreams, row.Enabled);

    private async Task<LimitRow?> SaveAsync(Func<NexusDbContext, Task<LimitRow?>> change, Func<LimitRow, bool> countsAnew, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        // No row may be added between the counting of what is there and the limit's coming into force.
        await AccountingLock.TakeAsync(connection, cancellation);
        if (await change(db) is not { } row)
            return null;
        await db.SaveChangesAsync(cancellation);
        if (countsAnew(row))
            await CounterRebuild.RunAsync(connection, row, now - CounterRebuild.Back, now, cancellation);
        await transaction.CommitAsync(cancellation);
        book.Ask();
        return row;
    }

    /// <summary>What the counters depend on.</summary>
    private static string Counted(LimitRow row) => string.Join('\n', row.Amount is null, row.Scope, row.Subject, row.Period, row.WeekStart, row.TimeZone, row.StartsAt);

    /// <summary>As precise as the database keeps it.</summary>
    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
}
