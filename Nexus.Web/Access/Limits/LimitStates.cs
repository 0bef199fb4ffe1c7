using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.Limits;

/// <summary>How a limit stands for one subject.</summary>
/// <param name="Used">In the limit's unit; null where it has no budget.</param>
/// <param name="Reserved">By requests in flight on all nodes that write the ledger.</param>
/// <param name="Passed">The highest threshold passed in this period; null: none.</param>
internal sealed record LimitState(LimitRow Limit, string Subject, Period? Period, long? Used, long Reserved, long Requests, int Streams, int? Passed)
{
    public long Budget(DateTimeOffset at) => Limit.BudgetAt(at);
}

/// <summary>A period that is over.</summary>
internal sealed record PastPeriod(string Subject, Period Period, long Used, long Requests);

/// <summary>Reads limits with what was used of them, for pages and the API.</summary>
internal sealed class LimitStates(NexusDbContext db, TimeProvider time)
{
    /// <summary>Subjects of one limit that are shown; the nearest to their budget first.</summary>
    public const int MostSubjects = 200;

    private static readonly TimeSpan Living = TimeSpan.FromSeconds(20);

    /// <summary>All limits, each with its subjects of this period; one without any stands alone.</summary>
    public async Task<List<LimitState>> ReadAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var limits = await db.Limits.AsNoTracking().OrderBy(limit => limit.Name).ThenBy(limit => limit.Id).ToListAsync(cancellation);
        var counters = (await db.LimitCounters.AsNoTracking().Where(counter => counter.PeriodStart <= now && counter.PeriodEnd > now).ToListAsync(cancellation)).ToLookup(counter => counter.LimitId);
        var since = now - Living;
        var leases = (await db.LimitLeases.AsNoTracking().Where(lease => db.LimitNodes.Any(node => node.Id == lease.NodeId && node.SeenAt > since)).ToListAsync(cancellation)).ToLookup(lease => (lease.LimitId, lease.Subject));
        var notices = (await db.LimitNotices.AsNoTracking().Where(notice => db.LimitCounters.Any(counter => counter.LimitId == notice.LimitId && counter.Subject == notice.Subject && counter.PeriodStart == notice.PeriodStart && counter.PeriodEnd > now)).ToListAsync(cancellation))
            .ToLookup(notice => (notice.LimitId, notice.Subject, notice.PeriodStart));
        var states = new List<LimitState>();
        foreach (var limit in limits)
        {
            var period = limit.Amount is null ? default(Period?) : Period.Of(limit, now);
            var ofPeriod = counters[limit.Id].Where(counter => counter.PeriodStart == period?.Start);
            var subjects = ofPeriod.Select(counter => State(limit, counter, period!.Value, leases[(limit.Id, counter.Subject)], notices[(limit.Id, counter.Subject, counter.PeriodStart)]))
                .OrderByDescending(state => state.Used).Take(MostSubjects).ToList();
            states.AddRange(subjects.Count > 0 ? subjects : [new(limit, limit.Subject == "*" ? "" : limit.Subject, period, limit.Amount is null ? null : 0, 0, 0, leases[(limit.Id, limit.Subject)].Sum(lease => lease.Streams), null)]);
        }

        return states;
    }

    /// <summary>Periods that are over, newest first.</summary>
    public async Task<List<PastPeriod>> HistoryAsync(LimitRow limit, int most, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var counters = await db.LimitCounters.AsNoTracking().Where(counter => counter.LimitId == limit.Id && counter.PeriodEnd <= now)
            .OrderByDescending(counter => counter.PeriodStart).ThenByDescending(counter => limit.Unit == "tokens" ? counter.Tokens : counter.Micros).Take(most).ToListAsync(cancellation);
        return [.. counters.Select(counter => new PastPeriod(counter.Subject, new(counter.PeriodStart, counter.PeriodEnd), limit.Unit == "tokens" ? counter.Tokens : counter.Micros, counter.Requests))];
    }

    private static LimitState State(LimitRow limit, LimitCounterRow counter, Period period, IEnumerable<LimitLeaseRow> leases, IEnumerable<LimitNoticeRow> notices)
    {
        var claims = leases.ToList();
        return new(limit, counter.Subject, period, limit.Unit == "tokens" ? counter.Tokens : counter.Micros,
            claims.Where(lease => lease.PeriodStart == counter.PeriodStart).Sum(lease => lease.Reserved), counter.Requests, claims.Sum(lease => lease.Streams),
            notices.Select(notice => (int?)notice.Threshold).Max());
    }
}
