using System.Globalization;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Pages;

/// <summary>
/// A stretch of time as the URL names it: a preset in <c>range</c>, or <c>range=custom</c> with <c>from</c> and <c>to</c> on the viewer's clock.
/// </summary>
internal sealed record TimeRange
{
    public const string Default = "24h";

    /// <summary>Longest stretch that is shown: what the rollups are kept for.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(800);

    public static IReadOnlyList<FilterOption> Presets { get; } =
    [
        new("today", "today"), new("24h", "last 24 hours"), new("7d", "last 7 days"), new("30d", "last 30 days"), new("month", "this month"),
    ];

    public required string Name { get; init; }
    public required DateTimeOffset From { get; init; }

    /// <summary>The first moment that does not belong to it.</summary>
    public required DateTimeOffset To { get; init; }

    public required TimeZoneInfo Zone { get; init; }

    /// <summary>The two as the URL has them.</summary>
    public string? FromText { get; init; }

    public string? ToText { get; init; }

    /// <summary>What of the URL was not understood, in words for the viewer.</summary>
    public string? Problem { get; init; }

    public static TimeRange Read(IQueryCollection query, TimeZoneInfo zone, DateTimeOffset now, string preset = Default)
    {
        var name = query["range"].ToString();
        if (name == "custom")
            return Custom(query["from"].ToString(), query["to"].ToString(), zone, now, preset);
        if (name.Length == 0 || Presets.Any(known => known.Value == name))
            return Preset(name.Length == 0 ? preset : name, zone, now);
        return Preset(preset, zone, now) with { Problem = $"The time range '{name}' does not exist; the {Presets.First(known => known.Value == preset).Text} are shown." };
    }

    /// <summary>What it is compared with: the same stretch of the day or month before for those that began with it, else the time right before.</summary>
    public TimeRange Before()
    {
        if (Name is not ("today" or "month"))
            return this with { From = From - (To - From), To = From };
        var start = TimeZoneInfo.ConvertTime(From, Zone).Date;
        var before = Name == "today" ? start.AddDays(-1) : start.AddMonths(-1);
        var from = Zone.StartOfDay(before);
        return this with { From = from, To = from + (To - From) < From ? from + (To - From) : From };
    }

    /// <summary>The query's pairs that lead back here.</summary>
    public IEnumerable<(string Name, string? Value)> Query(string preset = Default) =>
        Name == "custom" ? [("range", Name), ("from", FromText), ("to", ToText)] : Name == preset ? [] : [("range", Name)];

    /// <summary>
    /// The starts of the intervals that a chart of it shows, on the viewer's clock: five minutes up to three hours, a quarter of an hour up to
    /// half a day, hours up to three days, then days. A day lasts from midnight to midnight, 23 or 25 hours where the clock changes.
    /// </summary>
    public IReadOnlyList<DateTimeOffset> Intervals()
    {
        var length = To - From;
        if (length > TimeSpan.FromDays(3))
            return Days();
        var step = length <= TimeSpan.FromHours(3) ? TimeSpan.FromMinutes(5) : length <= TimeSpan.FromHours(12) ? TimeSpan.FromMinutes(15) : TimeSpan.FromHours(1);
        // Every zone's offset is a multiple of a quarter of an hour: steps from the zone's full hour meet the rollups' buckets.
        var first = Zone.StartOfHour(From);
        first += step * Math.Floor((From - first) / step);
        return [.. Enumerable.Range(0, (int)Math.Ceiling((To - first) / step)).Select(i => first + (step * i))];
    }

    private List<DateTimeOffset> Days()
    {
        var days = new List<DateTimeOffset>();
        for (var day = TimeZoneInfo.ConvertTime(From, Zone).Date; Zone.StartOfDay(day) < To; day = day.AddDays(1))
            days.Add(Zone.StartOfDay(day));
        return days;
    }

    private static TimeRange Preset(string name, TimeZoneInfo zone, DateTimeOffset now)
    {
        var today = zone.StartOfDay(now);
        var local = TimeZoneInfo.ConvertTime(now, zone).Date;
        var from = name switch
        {
            "today" => today,
            "7d" => zone.StartOfDay(local.AddDays(-6)),
            "30d" => zone.StartOfDay(local.AddDays(-29)),
            "month" => zone.StartOfDay(local.AddDays(1 - local.Day)),
            _ => zone.StartOfHour(now).AddHours(-23),
        };
        return new() { Name = name, From = from, To = now, Zone = zone };
    }

    private static TimeRange Custom(string fromText, string toText, TimeZoneInfo zone, DateTimeOffset now, string preset)
    {
        if (!TryRead(fromText, zone, out var from))
            return Preset(preset, zone, now) with { Problem = $"'{fromText}' is not a time such as 2026-11-24T09:30." };
        var to = now;
        if (toText.Length > 0 && !TryRead(toText, zone, out to))
            return Preset(preset, zone, now) with { Problem = $"'{toText}' is not a time such as 2026-11-24T09:30." };
        if (to <= from)
            return Preset(preset, zone, now) with { Problem = "The time range ends before it begins." };
        var range = new TimeRange { Name = "custom", From = from, To = to, Zone = zone, FromText = fromText, ToText = toText.Length > 0 ? toText : null };
        return to - from <= Longest ? range : range with { From = to - Longest, Problem = $"Only the last {Longest.Days} days of this range are shown." };
    }

    private static bool TryRead(string text, TimeZoneInfo zone, out DateTimeOffset at)
    {
        at = default;
        if (!DateTime.TryParseExact(text, ["yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) || local.Year is < 2 or > 9998)
            return false;
        at = zone.Instant(local);
        return true;
    }
}
