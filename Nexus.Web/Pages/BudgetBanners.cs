using Microsoft.EntityFrameworkCore;
using Nexus.Web.Access.Limits;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Accounting;

namespace Nexus.Web.Pages;

/// <summary>What of budgets and sums somebody should know who opens the dashboard.</summary>
internal sealed class BudgetBanners(LimitStates states, NexusDbContext db, TimeProvider time)
{
    private const int Most = 5;

    public async Task<Fragment> ReadAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var budgets = (await states.ReadAsync(cancellation)).Where(state => state.Limit.Enabled && state.Used > 0).Select(state => BudgetPart.From(state, now))
            .Where(budget => budget.Tone is "bad" or "warn").OrderByDescending(budget => budget.Share).Take(Most).ToList();
        var drift = await db.JobRuns.AsNoTracking().Where(run => run.Job == ReconcileJob.Id && run.Outcome == "succeeded").OrderByDescending(run => run.StartedAt).Select(run => run.Summary).FirstOrDefaultAsync(cancellation);
        return Fragment.Of<BudgetBanner>(("Budgets", budgets), ("Drift", drift is null || drift.StartsWith(ReconcileJob.NoDrift, StringComparison.Ordinal) ? null : drift));
    }
}
