using Microsoft.EntityFrameworkCore;
using Nexus.Web.Access.Limits;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Accounting;

namespace Nexus.Web.Pages;

/// <param name="All">Every budget that something was used of.</param>
/// <param name="Told">Those of them that somebody should know of.</param>
/// <param name="Drift">What the last comparison of ledger, rollups and counters found; null when they agree.</param>
internal sealed record BudgetsNow(IReadOnlyList<BudgetPart> All, IReadOnlyList<BudgetPart> Told, string? Drift);

/// <summary>What of budgets and sums somebody should know who opens the dashboard.</summary>
internal sealed class BudgetBanners(LimitStates states, EstimatedUse estimates, NexusDbContext db, TimeProvider time)
{
    private const int Most = 5;

    public async Task<BudgetsNow> ReadAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var used = (await states.ReadAsync(cancellation)).Where(state => state.Limit.Enabled && state.Used > 0).ToList();
        var estimated = await estimates.ReadAsync(used, cancellation);
        var all = used.Select(state => BudgetPart.From(state, now, estimated)).ToList();
        var told = all.Where(budget => budget.Tone is "bad" or "warn").OrderByDescending(budget => budget.Share).Take(Most).ToList();
        var drift = await db.JobRuns.AsNoTracking().Where(run => run.Job == ReconcileJob.Id && run.Outcome == "succeeded").OrderByDescending(run => run.StartedAt).Select(run => run.Summary).FirstOrDefaultAsync(cancellation);
        return new(all, told, drift is null || drift.StartsWith(ReconcileJob.NoDrift, StringComparison.Ordinal) ? null : drift);
    }
}
