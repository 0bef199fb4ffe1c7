namespace Nexus.Web.Access.Limits;

/// <summary>Where a period ends up if it goes on as it went so far.</summary>
internal static class Forecast
{
    /// <summary>Less of a period than this, or than an hour, tells nothing.</summary>
    private const double Least = 0.05;

    /// <summary>Null where there is too little to go by, and for a total, which has no end.</summary>
    public static long? Of(Period period, long used, DateTimeOffset now)
    {
        if (period.End == Period.Never || used == 0)
            return null;
        var share = (now - period.Start) / (period.End - period.Start);
        return share < Least || now - period.Start < TimeSpan.FromHours(1) && period.End - period.Start > TimeSpan.FromHours(5) ? null : (long)Math.Min(used / share, long.MaxValue / 2);
    }

    /// <summary>When the budget is used up at this pace; null when it lasts, or nothing is known.</summary>
    public static DateTimeOffset? UsedUpAt(Period period, long used, long budget, DateTimeOffset now)
    {
        if (Of(period, used, now) is not { } end || end <= budget || used >= budget)
            return null;
        return now + (now - period.Start) * ((double)(budget - used) / used);
    }
}
