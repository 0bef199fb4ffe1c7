using CsCheck;
using Nexus.Web.Access.Limits;
using Nexus.Web.Storage;
using Xunit;

namespace Nexus.Web.Tests.Access.Limits;

public sealed class PeriodTests
{
    /// <summary>Clocks that change at midnight, over midnight, by half an hour, and zones off the full hour.</summary>
    private static readonly string[] Zones = ["UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Africa/Cairo", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/Asuncion"];

    private static readonly Gen<(LimitRow Limit, DateTimeOffset At)> Cases = Gen.Select(
        Gen.Int[0, 3].Select(i => new[] { "5h", "day", "week", "month" }[i]), Gen.Int[0, Zones.Length - 1].Select(i => Zones[i]), Gen.Short[0, 6], Gen.Long[0, 40L * 366 * 86_400],
        (period, zone, week, seconds) => (Limit(period, zone, week), new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(seconds)));

    [Fact]
    public void A_period_holds_its_time_and_every_time_in_it_has_the_same_period() => Cases.Sample(test =>
    {
        var period = Period.Of(test.Limit, test.At);
        Assert.True(period.Contains(test.At), $"{test.Limit.Period} {test.Limit.TimeZone} {test.At:O}: {period}");
        Assert.Equal(period, Period.Of(test.Limit, period.Start));
        Assert.Equal(period, Period.Of(test.Limit, period.End.AddTicks(-1)));
    });

    [Fact]
    public void Periods_follow_each_other_without_gap_or_overlap() => Cases.Sample(test =>
    {
        var period = Period.Of(test.Limit, test.At);
        Assert.Equal(period.End, Period.Of(test.Limit, period.End).Start);
        Assert.Equal(period.Start, Period.Of(test.Limit, period.Start.AddTicks(-1)).End);
    });

    [Fact]
    public void Periods_begin_on_a_quarter_of_an_hour_so_that_rollups_add_up_to_them() => Cases.Sample(test =>
        Assert.Equal(0, Period.Of(test.Limit, test.At).Start.UtcTicks % TimeSpan.FromMinutes(15).Ticks));

    [Theory]
    [InlineData("day", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")] // 23 hours
    [InlineData("day", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")] // 25 hours
    [InlineData("month", "2028-02-29T23:30:00Z", "2028-02-29T23:00:00Z", "2028-03-31T22:00:00Z")] // March in Berlin already
    [InlineData("month", "2026-12-31T22:59:59Z", "2026-11-30T23:00:00Z", "2026-12-31T23:00:00Z")]
    [InlineData("week", "2026-11-22T22:59:59Z", "2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z")]
    public void In_Berlin_periods_begin_at_its_midnights(string period, string at, string start, string end) =>
        Assert.Equal(new Period(Time(start), Time(end)), Period.Of(Limit(period, "Europe/Berlin", 1), Time(at)));

    [Fact]
    public void A_day_whose_midnight_a_clock_change_skips_begins_when_the_clock_goes_on() =>
        // Egypt sets its clocks forward at midnight of the last Friday in April.
        Assert.Equal(Time("2026-04-23T22:00:00Z"), Period.Of(Limit("day", "Africa/Cairo", 1), Time("2026-04-24T09:00:00Z")).Start);

    [Fact]
    public void A_week_begins_on_the_day_it_is_told_to()
    {
        for (short day = 0; day < 7; day++)
            Assert.Equal((DayOfWeek)day, Period.Of(Limit("week", "UTC", day), Time("2026-11-25T10:00:00Z")).Start.DayOfWeek);
    }

    [Fact]
    public void A_total_begins_with_its_limit_and_never_ends() =>
        Assert.Equal(new Period(Time("2026-11-01T00:00:00Z"), Period.Never), Period.Of(Limit("total", "UTC", 1), Time("2027-11-25T10:00:00Z")));

    private static LimitRow Limit(string period, string zone, short weekStart) => new()
    {
        Id = "lim_1",
        Name = "Test",
        Scope = "all",
        Subject = "",
        Amount = 1,
        Period = period,
        TimeZone = zone,
        WeekStart = weekStart,
        StartsAt = Time("2026-11-01T00:00:00Z"),
        CreatedAt = default,
        CreatedBy = "test",
        UpdatedAt = default,
    };

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
