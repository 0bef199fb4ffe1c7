using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;

namespace Nexus.Web.Usage;

/// <summary>Which of the two rollups answers for a stretch of time: the fine one is kept for 35 days.</summary>
internal static class UsageTables
{
    /// <summary>How long <c>usage_5m</c> is kept.</summary>
    public static readonly TimeSpan FineKept = TimeSpan.FromDays(35);

    /// <summary>Whether the fine rollup answers: a day less than it is kept, so that a clean-up in progress takes nothing away.</summary>
    public static bool IsFine(DateTimeOffset from, DateTimeOffset now) => now - from < FineKept - TimeSpan.FromDays(1);

    /// <summary>The width of the buckets that reach back to a time.</summary>
    public static TimeSpan FinestAt(DateTimeOffset from, DateTimeOffset now) => IsFine(from, now) ? TimeSpan.FromMinutes(5) : TimeSpan.FromMinutes(15);

    public static IQueryable<UsageRow> Since(NexusDbContext db, DateTimeOffset from, DateTimeOffset now)
    {
        var start = from.ToUniversalTime();
        return IsFine(from, now) ? db.Usage5m.AsNoTracking().Where(row => row.Bucket >= start) : db.Usage15m.AsNoTracking().Where(row => row.Bucket >= start);
    }
}
