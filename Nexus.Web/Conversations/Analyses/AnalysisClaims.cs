using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>
/// Who works on which analysis. One statement claims a row, so that of two nodes one gets it; a claim holds for
/// <see cref="Lease"/> and is prolonged while its node lives; what is written is written by its holder alone.
/// </summary>
internal sealed class AnalysisClaims(NexusDbContext db, TimeProvider time)
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(90);
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <returns>Null when there is nothing to do: it is done, or another's, or not due yet.</returns>
    public async Task<AnalysisRow?> TakeAsync(long id, CancellationToken cancellation)
    {
        var (now, claim) = (time.GetUtcNow(), Guid.NewGuid());
        var until = now + Lease;
        var taken = await db.Analyses.FromSql($"""
            UPDATE analyses SET status = 'processing', claim = {claim}, claimed_by = {Environment.MachineName}, claimed_until = {until}, attempts = attempts + 1, updated_at = {now}
            WHERE id = {id} AND ((status = 'pending' AND next_at <= {now}) OR (status = 'processing' AND claimed_until < {now})) RETURNING *
            """).AsNoTracking().ToListAsync(cancellation);
        return taken.SingleOrDefault();
    }

    /// <summary>When an analysis that could not be taken may be asked for again; null when it is over.</summary>
    public async Task<TimeSpan?> WaitAsync(long id, CancellationToken cancellation)
    {
        var row = await db.Analyses.AsNoTracking().Where(row => row.Id == id).Select(row => new { row.Status, row.NextAt, row.ClaimedUntil }).SingleOrDefaultAsync(cancellation);
        var at = row?.Status switch { AnalysisRow.Pending => row.NextAt, AnalysisRow.Processing => row.ClaimedUntil, _ => null };
        return at is { } then ? TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling((then - time.GetUtcNow()).TotalSeconds))) : null;
    }

    /// <returns>False when it is no longer the holder's: it was asked for anew, or taken by another.</returns>
    public Task<bool> ProlongAsync(AnalysisRow held, CancellationToken cancellation)
    {
        var until = time.GetUtcNow() + Lease;
        return WroteAsync(Held(held).ExecuteUpdateAsync(set => set.SetProperty(row => row.ClaimedUntil, until), cancellation));
    }

    /// <summary>What a call has cost counts also when nothing comes of it, or when the analysis was asked for anew meanwhile. Once, however often it is said.</summary>
    /// <param name="call">Null for one without an answer.</param>
    /// <returns>Whether the analysis is still the holder's.</returns>
    public async Task<bool> AddCallAsync(AnalysisRow held, Guid? call, long prompt, long completion, long micros, CancellationToken cancellation)
    {
        Guid[] calls = call is { } id ? [id] : [];
        await db.Database.ExecuteSqlAsync($"""
            UPDATE analyses SET calls = calls || {calls}, prompt_tokens = prompt_tokens + {prompt}, completion_tokens = completion_tokens + {completion}, cost_micros = cost_micros + {micros}, updated_at = {time.GetUtcNow()}
            WHERE id = {held.Id} AND NOT calls && {calls}
            """, cancellation);
        return await Held(held).AnyAsync(cancellation);
    }

    /// <summary>Writes what was paid for also when the database goes away for a while: for as long as a claim holds.</summary>
    public async Task<bool> KeepTryingAsync(Func<Task<bool>> write, CancellationToken cancellation)
    {
        for (var until = time.GetUtcNow() + Lease; ; await Task.Delay(Pause, time, cancellation))
            try
            {
                return await write();
            }
            catch (Exception error) when (DatabaseAway.IsDatabase(error) && time.GetUtcNow() < until)
            {
                // It may be back in a second.
            }
    }

    public Task<bool> CompleteAsync(AnalysisRow held, string data, string content, AnalysisInput input, TimeSpan took, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return WroteAsync(Held(held).ExecuteUpdateAsync(set => set
            .SetProperty(row => row.Status, AnalysisRow.Completed)
            .SetProperty(row => row.Data, data)
            .SetProperty(row => row.Content, content)
            .SetProperty(row => row.Error, (string?)null)
            .SetProperty(row => row.UpTo, input.UpTo)
            .SetProperty(row => row.MessagesSent, input.Kept.Texts.Count(text => text != Truncation.Gap))
            .SetProperty(row => row.MessagesLeftOut, input.Kept.LeftOut)
            .SetProperty(row => row.DurationMs, (int)took.TotalMilliseconds)
            .SetProperty(row => row.CompletedAt, now)
            .SetProperty(row => row.UpdatedAt, now)
            .SetProperty(row => row.Claim, (Guid?)null)
            .SetProperty(row => row.ClaimedUntil, (DateTimeOffset?)null), cancellation));
    }

    public Task<bool> FailAsync(AnalysisRow held, string error, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return WroteAsync(Held(held).ExecuteUpdateAsync(set => set
            .SetProperty(row => row.Status, AnalysisRow.Failed)
            .SetProperty(row => row.Error, error)
            .SetProperty(row => row.CompletedAt, now)
            .SetProperty(row => row.UpdatedAt, now)
            .SetProperty(row => row.Claim, (Guid?)null)
            .SetProperty(row => row.ClaimedUntil, (DateTimeOffset?)null), cancellation));
    }

    /// <summary>To be begun again, by whoever takes it then.</summary>
    /// <param name="counts">False when the attempt was cut off from outside.</param>
    public Task<bool> PutBackAsync(AnalysisRow held, TimeSpan after, string? error, bool counts, CancellationToken cancellation)
    {
        var (now, less) = (time.GetUtcNow(), counts ? 0 : 1);
        var next = now + after;
        return WroteAsync(Held(held).ExecuteUpdateAsync(set => set
            .SetProperty(row => row.Status, AnalysisRow.Pending)
            .SetProperty(row => row.Error, row => error ?? row.Error)
            .SetProperty(row => row.Attempts, row => row.Attempts - less)
            .SetProperty(row => row.NextAt, next)
            .SetProperty(row => row.UpdatedAt, now)
            .SetProperty(row => row.Claim, (Guid?)null)
            .SetProperty(row => row.ClaimedUntil, (DateTimeOffset?)null), cancellation));
    }

    private IQueryable<AnalysisRow> Held(AnalysisRow held) => db.Analyses.Where(row => row.Id == held.Id && row.Claim == held.Claim);

    private static async Task<bool> WroteAsync(Task<int> rows) => await rows == 1;
}
