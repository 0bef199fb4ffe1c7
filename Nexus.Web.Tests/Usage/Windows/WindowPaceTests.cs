using Nexus.Web.Usage.Windows;
using Xunit;

namespace Nexus.Web.Tests.Usage.Windows;

public sealed class WindowPaceTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_window_used_faster_than_time_passes_is_full_before_its_reset()
    {
        var pace = WindowPace.Of("5h", 0.8, Now.AddHours(3), Now);
        Assert.Equal(0.4, pace.Elapsed!.Value, 6);
        Assert.Equal(Now.AddMinutes(30), pace.FullAt);
    }

    [Theory]
    [InlineData("5h", 0.3, 3.0)]
    [InlineData("5h", 0.9, 4.95)]
    [InlineData("5h", 0.0, 1.0)]
    [InlineData("unified", 0.9, 1.0)]
    [InlineData("5h", 0.9, -1.0)]
    [InlineData("5h", 0.9, 6.0)]
    public void No_forecast_is_made_of_slow_use_of_a_fresh_window_or_of_one_that_is_not_understood(string name, double utilization, double hoursToReset) =>
        Assert.Null(WindowPace.Of(name, utilization, Now.AddHours(hoursToReset), Now).FullAt);

    [Fact]
    public void A_full_window_is_full_now() => Assert.Equal(Now, WindowPace.Of("7d_opus", 1.0, Now.AddDays(2), Now).FullAt);

    [Theory]
    [InlineData("5h", 5 * 60)]
    [InlineData("7d", 7 * 24 * 60)]
    [InlineData("7d_opus", 7 * 24 * 60)]
    [InlineData("30m", 30)]
    [InlineData("h", null)]
    [InlineData("unified", null)]
    public void A_windows_name_tells_its_width(string name, int? minutes) => Assert.Equal(minutes, (int?)WindowPace.WidthOf(name)?.TotalMinutes);
}
