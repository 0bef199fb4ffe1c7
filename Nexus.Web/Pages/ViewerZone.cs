namespace Nexus.Web.Pages;

/// <summary>The viewer's time zone, as the browser's script told it in a cookie (IANA name); UTC until then.</summary>
internal static class ViewerZone
{
    public const string Cookie = "nexus_zone";

    public static TimeZoneInfo Of(HttpContext context) => Told(context) ?? TimeZoneInfo.Utc;

    /// <summary>Null while the browser has told none.</summary>
    public static TimeZoneInfo? Told(HttpContext context) =>
        context.Request.Cookies[Cookie] is { Length: > 0 and <= 64 } name && TimeZoneInfo.TryFindSystemTimeZoneById(Uri.UnescapeDataString(name), out var zone) ? zone : null;

    /// <summary>The first moment of the day that <paramref name="now"/> lies in; where a clock change skips midnight, the first that exists.</summary>
    public static DateTimeOffset StartOfDay(this TimeZoneInfo zone, DateTimeOffset now) => zone.StartOfDay(TimeZoneInfo.ConvertTime(now, zone).Date);

    /// <summary>The first moment of a date on the viewer's clock.</summary>
    public static DateTimeOffset StartOfDay(this TimeZoneInfo zone, DateTime date)
    {
        var midnight = DateTime.SpecifyKind(date, DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(midnight))
            midnight = midnight.AddMinutes(15);
        return zone.Instant(midnight);
    }

    /// <summary>The instant of a time on the viewer's clock; of one that occurs twice, the first.</summary>
    public static DateTimeOffset Instant(this TimeZoneInfo zone, DateTime local)
    {
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    /// <summary>The last full hour on the viewer's clock: zones may be half an hour off UTC's.</summary>
    public static DateTimeOffset StartOfHour(this TimeZoneInfo zone, DateTimeOffset now)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone);
        return (local - new TimeSpan(0, 0, local.Minute, local.Second, 0) - TimeSpan.FromTicks(local.Ticks % TimeSpan.TicksPerSecond)).ToUniversalTime();
    }
}
