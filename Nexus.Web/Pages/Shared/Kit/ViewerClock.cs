using System.Globalization;

namespace Nexus.Web.Pages.Shared.Kit;

/// <summary>
/// Times in the words in which time.js writes them, so that a page that knows its viewer's zone is right before any script runs. Where
/// no viewer is known (pushed rows, mails, a browser that never told) they are UTC, and say so.
/// </summary>
internal sealed record ViewerClock(TimeZoneInfo Zone, DateTimeOffset Now)
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;
    private static readonly (string Name, double Seconds)[] Units = [("day", 86_400), ("hour", 3_600), ("minute", 60)];

    /// <summary>Null where the answer is for nobody in particular.</summary>
    public static ViewerClock? Of(IServiceProvider services) =>
        services.GetService<IHttpContextAccessor>()?.HttpContext is { } context && ViewerZone.Told(context) is { } zone
            ? new(zone, services.GetRequiredService<TimeProvider>().GetUtcNow()) : null;

    /// <summary>"21:05:11" of today, "24 Nov, 21:05:11" of this year, "24 Nov 2025, 21:05:11" of another.</summary>
    public string Exact(DateTimeOffset at)
    {
        var (local, now) = (TimeZoneInfo.ConvertTime(at, Zone), TimeZoneInfo.ConvertTime(Now, Zone));
        return local.ToString(local.Date == now.Date ? "HH:mm:ss" : local.Year == now.Year ? "d MMM, HH:mm:ss" : "d MMM yyyy, HH:mm:ss", Plain);
    }

    /// <summary>"3 minutes ago", "in 2 hours", "yesterday", "tomorrow", "now".</summary>
    public string Relative(DateTimeOffset at)
    {
        var seconds = (at - Now).TotalSeconds;
        foreach (var (name, length) in Units)
        {
            if (Math.Abs(seconds) < length)
                continue;
            var count = (long)Math.Floor((seconds / length) + 0.5);
            return (name, count) switch { ("day", -1) => "yesterday", ("day", 1) => "tomorrow", _ => Words(count, name) };
        }

        var left = (long)Math.Floor(seconds + 0.5);
        return left == 0 ? "now" : Words(left, "second");
    }

    private static string Words(long count, string unit)
    {
        var length = Math.Abs(count) == 1 ? $"1 {unit}" : $"{Math.Abs(count).ToString("N0", Plain)} {unit}s";
        return count < 0 ? $"{length} ago" : $"in {length}";
    }
}
