using Nexus.Web.Storage;

namespace Nexus.Web.Access.Limits;

/// <summary>A stretch of a budget, from its start up to, not with, its end.</summary>
internal readonly record struct Period(DateTimeOffset Start, DateTimeOffset End)
{
    public static readonly DateTimeOffset Never = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan FiveHours = TimeSpan.FromHours(5);

    public bool Contains(DateTimeOffset at) => at >= Start && at < End;

    /// <summary>
    /// The period of a limit that a time lies in. Days, weeks and months begin at midnight on the clock of the limit's zone
    /// (where a clock change skips it, at the first moment that exists) and so have 23 to 25 hours at a change; windows of five
    /// hours follow each other without gaps from 1970 on, for all nodes alike; a total begins where the limit does.
    /// </summary>
    public static Period Of(LimitRow limit, DateTimeOffset at)
    {
        if (limit.Period == "total")
            return new(limit.StartsAt, Never);
        if (limit.Period == "5h")
        {
            var start = Usage.TimeBuckets.StartOf(at, FiveHours);
            return new(start, start + FiveHours);
        }

        var zone = Zone(limit.TimeZone);
        var today = TimeZoneInfo.ConvertTime(at, zone).Date;
        var period = Around(limit, zone, today);
        // A clock set back over midnight shows the last day's end twice: the second showing belongs to the new day.
        return at < period.End ? period : Around(limit, zone, today.AddDays(1));
    }

    /// <summary>The period before one of the same limit; null for a total, and before the year 2000.</summary>
    public Period? Before(LimitRow limit) => limit.Period == "total" || Start.Year < 2000 ? null : Of(limit, Start.AddTicks(-1));

    public static TimeZoneInfo Zone(string name) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : TimeZoneInfo.Utc;

    private static Period Around(LimitRow limit, TimeZoneInfo zone, DateTime day)
    {
        var (first, past) = limit.Period switch
        {
            "day" => (day, day.AddDays(1)),
            "week" => Week(day, (DayOfWeek)limit.WeekStart),
            "month" => Month(day),
            _ => throw new FormatException($"The limit {limit.Id} has a period that this version of Nexus does not know: '{limit.Period}'."),
        };
        return new(Midnight(zone, first), Midnight(zone, past));
    }

    private static (DateTime, DateTime) Week(DateTime day, DayOfWeek start)
    {
        var first = day.AddDays(-(((int)day.DayOfWeek - (int)start + 7) % 7));
        return (first, first.AddDays(7));
    }

    private static (DateTime, DateTime) Month(DateTime day)
    {
        var first = new DateTime(day.Year, day.Month, 1, 0, 0, 0, DateTimeKind.Unspecified);
        return (first, first.AddMonths(1));
    }

    /// <summary>The first moment of a day; of a midnight that occurs twice, the first.</summary>
    private static DateTimeOffset Midnight(TimeZoneInfo zone, DateTime day)
    {
        var midnight = DateTime.SpecifyKind(day, DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(midnight))
            midnight = midnight.AddMinutes(15);
        var offset = zone.IsAmbiguousTime(midnight) ? zone.GetAmbiguousTimeOffsets(midnight).Max() : zone.GetUtcOffset(midnight);
        return new DateTimeOffset(midnight, offset).ToUniversalTime();
    }
}
