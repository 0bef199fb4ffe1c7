namespace Nexus.Web.Usage;

/// <summary>A rollup and the width of its buckets.</summary>
internal sealed record RollupTier(string Table, TimeSpan Width)
{
    /// <summary>Kept for <see cref="UsageTables.FineKept"/>.</summary>
    public static RollupTier FiveMinutes { get; } = new("usage_5m", TimeSpan.FromMinutes(5));

    public static RollupTier Quarter { get; } = new("usage_15m", TimeSpan.FromMinutes(15));

    public static RollupTier Hour { get; } = new("usage_1h", TimeSpan.FromHours(1));

    /// <summary>Days of UTC.</summary>
    public static RollupTier Day { get; } = new("usage_1d", TimeSpan.FromDays(1));

    /// <summary>The finest first; also the order in which a transaction locks their rows.</summary>
    public static IReadOnlyList<RollupTier> All { get; } = [FiveMinutes, Quarter, Hour, Day];

    /// <summary>The coarsest whose buckets begin at all of these times.</summary>
    public static RollupTier Of(IEnumerable<DateTimeOffset> times)
    {
        var starts = times.ToList();
        return All.Reverse().FirstOrDefault(tier => starts.TrueForAll(start => start.UtcTicks % tier.Width.Ticks == 0), FiveMinutes);
    }

    /// <summary>The coarsest that every day on a clock is made up of, between two times.</summary>
    public static RollupTier OfDays(TimeZoneInfo zone, DateTimeOffset from, DateTimeOffset to)
    {
        for (var at = from; at < to; at += TimeSpan.FromHours(12))
            if (zone.GetUtcOffset(at).Ticks % Hour.Width.Ticks != 0)
                return Quarter;
        return Hour;
    }
}
