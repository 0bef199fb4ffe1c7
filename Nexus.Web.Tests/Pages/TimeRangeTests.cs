using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Nexus.Web.Pages;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class TimeRangeTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 34, 56, TimeSpan.Zero);

    private static TimeRange Read(string query, TimeZoneInfo? zone = null, DateTimeOffset? now = null) =>
        TimeRange.Read(new QueryCollection(QueryHelpers.ParseQuery(query)), zone ?? Berlin, now ?? Now);

    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text + "Z", System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("", "24h", "2026-11-23T13:00", "2026-11-22T13:25:04")]
    [InlineData("?range=today", "today", "2026-11-23T23:00", "2026-11-22T23:00")]
    [InlineData("?range=7d", "7d", "2026-11-17T23:00", "2026-11-11T09:25:04")]
    [InlineData("?range=month", "month", "2026-10-31T23:00", "2026-09-30T22:00")]
    public void A_preset_ends_now_and_begins_on_the_viewers_clock_and_has_a_stretch_before_it(string query, string name, string from, string before)
    {
        var range = Read(query);
        Assert.Equal((name, Utc(from), Now, null), (range.Name, range.From, range.To, range.Problem));
        Assert.Equal(Utc(before), range.Before().From);
        Assert.True(range.Before().To <= range.From);
        Assert.Equal(name, Read(QueryHelpers.AddQueryString("", range.Query().ToDictionary(pair => pair.Name, pair => pair.Value))).Name);
    }

    [Fact]
    public void A_range_of_ones_own_is_read_on_the_viewers_clock_and_stays_in_the_URL()
    {
        var range = Read("?range=custom&from=2026-11-01T00:00&to=2026-11-03T12:30");
        Assert.Equal((Utc("2026-10-31T23:00"), Utc("2026-11-03T11:30")), (range.From, range.To));
        Assert.Equal([("range", "custom"), ("from", "2026-11-01T00:00"), ("to", "2026-11-03T12:30")], range.Query());
        Assert.Equal(Now, Read("?range=custom&from=2026-11-01").To);
    }

    [Theory]
    [InlineData("?range=yesterday", "does not exist")]
    [InlineData("?range=custom", "is not a time")]
    [InlineData("?range=custom&from=x", "'x' is not a time")]
    [InlineData("?range=custom&from=2026-11-02&to=2026-11-01", "ends before it begins")]
    [InlineData("?range=custom&from=1999-01-01&to=2026-11-01", "Only the last 800 days")]
    public void What_is_not_understood_is_said(string query, string problem) => Assert.Contains(problem, Read(query).Problem, StringComparison.Ordinal);

    [Fact]
    public void Days_are_the_viewers_also_where_the_clock_changes()
    {
        var days = Read("?range=custom&from=2026-10-20&to=2026-10-30").Intervals();
        Assert.Equal(10, days.Count);
        Assert.Contains(TimeSpan.FromHours(25), days.Zip(days.Skip(1), (one, next) => next - one));
        Assert.All(days, day => Assert.Equal(TimeSpan.Zero, TimeZoneInfo.ConvertTime(day, Berlin).TimeOfDay));
    }

    [Theory]
    [InlineData("?range=custom&from=2026-11-24T10:00&to=2026-11-24T12:00", 24, 5)]
    [InlineData("?range=custom&from=2026-11-24T00:07&to=2026-11-24T12:00", 48, 15)]
    [InlineData("", 24, 60)]
    public void Intervals_fit_the_length(string query, int count, int minutes)
    {
        var starts = Read(query).Intervals();
        Assert.Equal((count, TimeSpan.FromMinutes(minutes)), (starts.Count, starts[1] - starts[0]));
    }

    [Fact]
    public void Intervals_cover_any_range_in_any_zone_without_gap_or_overlap()
    {
        string[] zones = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia"];
        Gen.Select(Gen.Int[0, zones.Length - 1], Gen.Int[0, 2_000_000], Gen.Int[1, 400_000]).Sample((zone, start, length) =>
        {
            var info = TimeZoneInfo.FindSystemTimeZoneById(zones[zone]);
            var from = new DateTime(2023, 1, 1).AddMinutes(start);
            var range = Read($"?range=custom&from={from:yyyy-MM-ddTHH:mm}&to={from.AddMinutes(length):yyyy-MM-ddTHH:mm}", info);
            if (range.Problem is not null)
                return true; // a stretch that a clock change swallowed
            var starts = range.Intervals();
            return starts[0] <= range.From && starts[^1] < range.To && starts.Count is > 0 and < 300
                && (starts.Count == 1 || starts[1] > range.From)
                && starts.All(at => at.UtcTicks % TimeSpan.FromMinutes(5).Ticks == 0)
                && starts.Zip(starts.Skip(1), (one, next) => next > one).All(ordered => ordered);
        }, iter: 2_000);
    }
}
