using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;

namespace Nexus.Web.Usage;

/// <summary>
/// Puts a stretch of time together from the rollups: whole days from the widest, the hours, quarters of an hour and five minutes
/// at its ends from the finer ones. The sums are the same as those of the finest alone, over a hundredth of its rows.
/// </summary>
internal static class UsageTables
{
    /// <summary>How long <c>usage_5m</c> and <c>usage_accounts_5m</c> are kept.</summary>
    public static readonly TimeSpan FineKept = TimeSpan.FromDays(35);

    private static readonly DateTimeOffset Never = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Whether the fine rollup answers: a day less than it is kept, so that a clean-up in progress takes nothing away.</summary>
    public static bool IsFine(DateTimeOffset from, DateTimeOffset now) => now - from < FineKept - TimeSpan.FromDays(1);

    /// <summary>The width of the buckets that reach back to a time.</summary>
    public static TimeSpan FinestAt(DateTimeOffset from, DateTimeOffset now) => IsFine(from, now) ? RollupTier.FiveMinutes.Width : RollupTier.Quarter.Width;

    /// <summary>The rows that <see cref="Between"/> reads, for LINQ.</summary>
    public static IQueryable<UsageSlice> Usage(this NexusDbContext db, DateTimeOffset from, DateTimeOffset now, RollupTier? widest = null) =>
        db.UsageSlices.FromSqlRaw(Between(from, Never, now, widest)).AsNoTracking();

    /// <summary>A query for the rows whose bucket begins in the stretch; its columns are <see cref="RollupColumns.All"/> and <c>middle</c>, the time in the middle of the bucket.</summary>
    /// <param name="to">Exclusive. One in the bucket that is being filled takes in what other nodes' clocks put after it.</param>
    /// <param name="widest">The widest rollup that may be used: where it matters when in the stretch something was.</param>
    public static string Between(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now, RollupTier? widest = null)
    {
        var finest = IsFine(from, now) ? 0 : 1;
        var (start, end) = Buckets(from, to, now);
        var pieces = new List<string>();
        if (start < end)
            Cover(start, end, Math.Max(finest, RollupTier.All.ToList().IndexOf(widest ?? RollupTier.Day)), finest, pieces);
        return pieces.Count > 0 ? string.Join(" UNION ALL ", pieces) : $"SELECT {RollupColumns.All}, bucket AS middle FROM usage_1d WHERE false";
    }

    /// <summary>The days of UTC that <see cref="Between"/> reads as days where it may.</summary>
    public static (DateTimeOffset First, DateTimeOffset Past) WholeDays(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now)
    {
        var (start, end) = Buckets(from, to, now);
        return (Ceiling(start, RollupTier.Day.Width), TimeBuckets.StartOf(end, RollupTier.Day.Width));
    }

    private static (DateTimeOffset Start, DateTimeOffset End) Buckets(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now)
    {
        var width = FinestAt(from, now);
        return (Ceiling(from, width), Ceiling(to, width) > now ? Never : Ceiling(to, width));
    }

    private static void Cover(DateTimeOffset from, DateTimeOffset to, int tier, int finest, List<string> pieces)
    {
        if (from >= to)
            return;
        var width = RollupTier.All[tier].Width;
        var (first, past) = (Ceiling(from, width), TimeBuckets.StartOf(to, width));
        if (tier == finest)
        {
            pieces.Add(Piece(RollupTier.All[tier], from, to));
        }
        else if (first >= past)
        {
            Cover(from, to, tier - 1, finest, pieces);
        }
        else
        {
            Cover(from, first, tier - 1, finest, pieces);
            pieces.Add(Piece(RollupTier.All[tier], first, past));
            Cover(past, to, tier - 1, finest, pieces);
        }
    }

    private static string Piece(RollupTier tier, DateTimeOffset from, DateTimeOffset to) =>
        $"SELECT {RollupColumns.All}, bucket + interval '{tier.Width.TotalSeconds / 2:0} seconds' AS middle FROM {tier.Table} WHERE bucket >= '{Text(from)}'{(to < Never ? $" AND bucket < '{Text(to)}'" : "")}";

    private static DateTimeOffset Ceiling(DateTimeOffset at, TimeSpan width) => at >= Never ? Never : TimeBuckets.StartOf(at + width - TimeSpan.FromTicks(1), width);

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
