using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Nexus.Web.Pages;
using Nexus.Web.Pages.Shared;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class RequestFilterTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private static RequestFilter Read(string query, string zone = "UTC") =>
        RequestFilter.Read(new QueryCollection(QueryHelpers.ParseQuery(query)), TimeZoneInfo.FindSystemTimeZoneById(zone), Now);

    private static RequestLine Line(DateTimeOffset? at = null, string outcome = "completed", int? status = 200) =>
        new(Guid.CreateVersion7(), at ?? Now, "one.example", "served", "asked", "main", outcome, status, null, 0, 0, 0, 0, null, 0);

    [Theory]
    [InlineData("?domain=one.example", true)]
    [InlineData("?domain=two.example", false)]
    [InlineData("?model=served", true)]
    [InlineData("?model=asked", true)]
    [InlineData("?model=other", false)]
    [InlineData("?status=2xx&outcome=completed", true)]
    [InlineData("?status=201", false)]
    [InlineData("?outcome=errors", false)]
    [InlineData("?range=15m", true)]
    public void A_row_that_is_pushed_is_told_as_the_database_would(string query, bool matches) => Assert.Equal(matches, Read(query).Matches(Line()));

    [Fact]
    public void Times_are_read_on_the_viewers_clock()
    {
        var berlin = Read("?range=custom&from=2026-11-24T12:30&to=2026-11-24T13:00", "Europe/Berlin");
        Assert.True(berlin.Matches(Line(Now.AddMinutes(-15))));
        Assert.False(berlin.Matches(Line(Now)));
        Assert.False(berlin.Matches(Line(Now.AddMinutes(-31))));
        Assert.False(berlin.IsOpen);
        Assert.Empty(berlin.Problems);
    }

    [Fact]
    public void What_is_not_understood_is_left_out_and_said()
    {
        var filter = Read("?status=9&outcome=fine&range=century");
        Assert.Equal(3, filter.Problems.Count);
        Assert.True(filter.IsEmpty);
    }

    [Fact]
    public void The_filter_survives_its_own_url()
    {
        const string Query = "?domain=a%26b&model=m&outcome=errors&status=4xx&range=24h";
        Assert.Equal(Query, Read(Query).Query());
        Assert.Equal(Query + "&view=raw", Read(Query).Query(("view", "raw"), ("before", null)));
    }

    [Fact]
    public void A_day_begins_at_the_viewers_midnight_even_where_clocks_change()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Kolkata");
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 18, 30, 0, TimeSpan.Zero), zone.StartOfDay(Now));
        Assert.Equal(new DateTimeOffset(2026, 11, 24, 11, 30, 0, TimeSpan.Zero), zone.StartOfHour(Now));
        // Havana's clocks go forward at midnight: that day begins at 01:00.
        var havana = TimeZoneInfo.FindSystemTimeZoneById("America/Havana");
        Assert.Equal(new DateTimeOffset(2026, 3, 8, 5, 0, 0, TimeSpan.Zero), havana.StartOfDay(new DateTimeOffset(2026, 3, 8, 15, 0, 0, TimeSpan.Zero)));
    }
}
