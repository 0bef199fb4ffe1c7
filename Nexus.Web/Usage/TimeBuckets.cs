namespace Nexus.Web.Usage;

internal static class TimeBuckets
{
    /// <summary>Start (UTC) of the stretch of <paramref name="width"/> that a time lies in.</summary>
    public static DateTimeOffset StartOf(DateTimeOffset time, TimeSpan width) => new(time.UtcTicks - (time.UtcTicks % width.Ticks), TimeSpan.Zero);
}
