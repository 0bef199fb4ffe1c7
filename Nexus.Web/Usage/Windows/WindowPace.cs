using System.Globalization;

namespace Nexus.Web.Usage.Windows;

/// <summary>How a rate-limit window is used against the time that has passed of it.</summary>
/// <param name="Elapsed">Share of the window's time that has passed, 0 to 1; null where its width or its reset is not known.</param>
/// <param name="FullAt">When it is used up if use goes on as it has since the window began; null when that is after the reset, or too little has passed to say.</param>
internal readonly record struct WindowPace(double? Elapsed, DateTimeOffset? FullAt)
{
    /// <summary>Before this share of the window has passed, a forecast says more about chance than about use.</summary>
    private const double LeastElapsed = 0.02;

    /// <param name="name">As in the header: <c>5h</c>, <c>7d</c>, <c>7d_opus</c>.</param>
    /// <param name="utilization">0 to 1.</param>
    public static WindowPace Of(string name, double? utilization, DateTimeOffset? resetsAt, DateTimeOffset now)
    {
        if (WidthOf(name) is not { } width || resetsAt is not { } reset || reset <= now || reset - now > width)
            return default;
        var elapsed = 1 - ((reset - now) / width);
        if (utilization is not > 0 || elapsed < LeastElapsed)
            return new(elapsed, null);
        var start = reset - width;
        var full = start + (width * (elapsed / utilization.Value));
        return new(elapsed, utilization >= 1 ? now : full < reset ? full : null);
    }

    /// <summary>Five hours for <c>5h</c>, seven days for <c>7d_opus</c>; null for a name that tells none.</summary>
    public static TimeSpan? WidthOf(string name)
    {
        var claim = name.Split('_')[0];
        if (claim.Length < 2 || !int.TryParse(claim[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is 0 or > 1000)
            return null;
        return claim[^1] switch
        {
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(count),
            _ => null,
        };
    }
}
