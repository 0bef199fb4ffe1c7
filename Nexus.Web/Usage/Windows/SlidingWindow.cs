namespace Nexus.Web.Usage.Windows;

/// <summary>What one five-minute bucket holds of an account.</summary>
internal readonly record struct WindowBucket(DateTimeOffset At, long OutputTokens, bool Warned);

/// <param name="OutputTokens">In the window that ends with this point.</param>
/// <param name="Warned">An answer in it said <c>allowed_warning</c>.</param>
internal readonly record struct WindowPoint(DateTimeOffset At, long OutputTokens, bool Warned);

/// <summary>Sums over a window that slides along five-minute buckets.</summary>
internal static class SlidingWindow
{
    /// <summary>
    /// One point per <paramref name="step"/> from <paramref name="first"/> to <paramref name="last"/>, each over the buckets
    /// that start in the <paramref name="width"/> before its own end (point plus step).
    /// </summary>
    /// <param name="buckets">In order of time.</param>
    public static List<WindowPoint> Over(IReadOnlyList<WindowBucket> buckets, DateTimeOffset first, DateTimeOffset last, TimeSpan step, TimeSpan width)
    {
        var points = new List<WindowPoint>();
        var (oldest, next) = (0, 0);
        long sum = 0;
        var warnings = 0;
        for (var at = first; at <= last; at += step)
        {
            var end = at + step;
            for (; next < buckets.Count && buckets[next].At < end; next++)
            {
                sum += buckets[next].OutputTokens;
                warnings += buckets[next].Warned ? 1 : 0;
            }

            for (; oldest < next && buckets[oldest].At < end - width; oldest++)
            {
                sum -= buckets[oldest].OutputTokens;
                warnings -= buckets[oldest].Warned ? 1 : 0;
            }

            points.Add(new(at, sum, warnings > 0));
        }

        return points;
    }
}
