namespace Nexus.Web.Usage;

/// <summary>Bounds of the latency histograms in the rollups. Append-only: stored arrays are counted by position.</summary>
internal static class LatencyBuckets
{
    /// <summary>Upper bounds in milliseconds, inclusive; a last bucket holds everything above.</summary>
    public static ReadOnlySpan<int> UpperBoundsMs =>
        [1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000];

    public static int Count => UpperBoundsMs.Length + 1;

    public static int IndexOf(long milliseconds)
    {
        var bounds = UpperBoundsMs;
        for (var i = 0; i < bounds.Length; i++)
            if (milliseconds <= bounds[i])
                return i;
        return bounds.Length;
    }

    /// <summary>The value below which <paramref name="quantile"/> of the requests lie, interpolated inside its bucket; null for an empty histogram.</summary>
    public static double? Quantile(ReadOnlySpan<long> histogram, double quantile)
    {
        long total = 0;
        foreach (var count in histogram)
            total += count;
        if (total == 0)
            return null;
        var rank = quantile * total;
        long below = 0;
        for (var i = 0; i < histogram.Length; i++)
        {
            if (histogram[i] > 0 && below + histogram[i] >= rank)
            {
                double lower = i == 0 ? 0 : UpperBoundsMs[i - 1];
                // The open last bucket has no upper bound: its lower bound is the honest answer.
                double upper = i < UpperBoundsMs.Length ? UpperBoundsMs[i] : lower;
                return lower + ((upper - lower) * ((rank - below) / histogram[i]));
            }

            below += histogram[i];
        }

        return UpperBoundsMs[^1];
    }
}
