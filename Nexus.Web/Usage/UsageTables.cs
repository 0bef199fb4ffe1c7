using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;

namespace Nexus.Web.Usage;

/// <summary>Which of the two rollups answers for a stretch of time: the fine one is kept for 35 days.</summary>
internal static class UsageTables
{
    /// <summary>A day less than the fine rollup is kept, so that a clean-up in progress takes nothing away.</summary>
    private static readonly TimeSpan FineKept = TimeSpan.FromDays(34);

    public static bool IsFine(DateTimeOffset from, DateTimeOffset now) => now - from < FineKept;

    /// <summary>The width of the buckets that reach back to a time.</summary>
    public static TimeSpan FinestAt(DateTimeOffset from, DateTimeOffset now) => IsFine(from, now) ? TimeSpan.FromMinutes(5) : TimeSpan.FromMinutes(15);

    public static IQueryable<UsageRow> Since(NexusDbContext db, DateTimeOffset from, DateTimeOffset now)
    {
        var start = from.ToUniversalTime();
        return IsFine(from, now) ? db.Usage5m.AsNoTracking().Where(row => row.Bucket >= start) : db.Usage15m.AsNoTracking().Where(row => row.Bucket >= start);
    }
}
