using Bunit;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Pages;
using Nexus.Web.Pages.Shared.Kit;
using Xunit;

namespace Nexus.Web.Tests.Pages.Kit;

public sealed class ViewerClockTests : BunitContext
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("2026-11-24T11:59:30Z", "12:59:30")]
    [InlineData("2026-11-23T23:30:00Z", "00:30:00")]
    [InlineData("2026-11-23T22:30:00Z", "23 Nov, 23:30:00")]
    [InlineData("2025-12-31T23:30:00Z", "1 Jan, 00:30:00")]
    [InlineData("2025-12-31T22:30:00Z", "31 Dec 2025, 23:30:00")]
    public void Exact_times_say_as_much_of_the_date_as_is_needed(string at, string words) =>
        Assert.Equal(words, new ViewerClock(Berlin, Now).Exact(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)));

    [Theory]
    // The clock goes back at 01:00 UTC: 02:30 comes twice, and forward on 29 March: 02:30 never.
    [InlineData("2026-10-25T00:30:00Z", "25 Oct, 02:30:00")]
    [InlineData("2026-10-25T01:30:00Z", "25 Oct, 02:30:00")]
    [InlineData("2026-03-29T00:59:59Z", "29 Mar, 01:59:59")]
    [InlineData("2026-03-29T01:00:00Z", "29 Mar, 03:00:00")]
    public void Each_time_is_shown_by_the_offset_that_held_then(string at, string words) =>
        Assert.Equal(words, new ViewerClock(Berlin, Now).Exact(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData(0, "now")]
    [InlineData(-1, "1 second ago")]
    [InlineData(-59, "59 seconds ago")]
    [InlineData(-60, "1 minute ago")]
    [InlineData(-5_400, "1 hour ago")]
    [InlineData(-5_401, "2 hours ago")]
    [InlineData(-90_000, "yesterday")]
    [InlineData(90_000, "tomorrow")]
    [InlineData(7_200, "in 2 hours")]
    [InlineData(-864_000, "10 days ago")]
    public void Relative_times_are_in_the_script_s_words(int seconds, string words) =>
        Assert.Equal(words, new ViewerClock(Berlin, Now).Relative(Now.AddSeconds(seconds)));

    [Fact]
    public void Any_time_has_both_kinds_of_words() =>
        Gen.Long[0, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay].Sample(ticks =>
        {
            var clock = new ViewerClock(TimeZoneInfo.Utc, Now);
            var at = new DateTimeOffset(ticks, TimeSpan.Zero);
            Assert.NotEmpty(clock.Exact(at));
            Assert.Equal(at > Now.AddSeconds(0.5), clock.Relative(at).StartsWith("in ", StringComparison.Ordinal) || clock.Relative(at) == "tomorrow");
        });

    [Fact]
    public void A_page_for_a_viewer_whose_zone_is_known_is_right_before_any_script_and_keeps_UTC_for_the_pointer()
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Cookie = ViewerZone.Cookie + "=Europe%2FBerlin";
        Services.AddSingleton<IHttpContextAccessor>(new HttpContextAccessor { HttpContext = context }).AddSingleton<TimeProvider>(new FakeTimeProvider(Now));
        var exact = Render<LocalTime>(time => time.Add(t => t.At, Now.AddMinutes(-3))).Find("time");
        Assert.Equal(("12:57:00", "2026-11-24 11:57:00 UTC", "Europe/Berlin"), (exact.TextContent, exact.GetAttribute("title"), exact.GetAttribute("data-zone")));
        var relative = Render<LocalTime>(time => time.Add(t => t.At, Now.AddMinutes(-3)).Add(t => t.Relative, true)).Find("time");
        Assert.Equal(("3 minutes ago", "12:57:00 · 2026-11-24 11:57:00 UTC"), (relative.TextContent, relative.GetAttribute("title")));
    }
}
