using System.Text.Json;
using Bunit;
using Nexus.Web.Pages.Shared.Kit;
using Xunit;

namespace Nexus.Web.Tests.Pages.Kit;

public sealed class ChartTests : BunitContext
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private static ChartModel Model(params ChartSeries[] series) =>
        new("Tokens", ChartUnit.Tokens, ChartKind.Bars, [Noon, Noon.AddHours(1)], Noon.AddHours(2), "Europe/Berlin", series);

    [Fact]
    public void The_table_behind_a_chart_says_the_same_in_the_viewers_zone_and_keeps_gaps_apart_from_zero()
    {
        var chart = Render<Chart>(chart => chart.Add(c => c.Id, "t").Add(c => c.Model, Model(new ChartSeries("a", 0, [1_500, null]), new ChartSeries("b", 1, [0, null]))));
        Assert.Equal(["Europe/Berlin", "a", "b", "All"], chart.FindAll("thead th").Select(cell => cell.TextContent));
        Assert.Equal(["Tue 24 Nov 13:00", "1,500", "0", "1,500", "Tue 24 Nov 14:00", "–", "–", "–"], chart.FindAll("tbody tr > *").Select(cell => cell.TextContent));
        Assert.Equal(["a", "b"], chart.FindAll(".chart-legend button").Select(button => button.TextContent));
        Assert.NotNull(chart.Find(".chart-legend .swatch.c1"));
    }

    [Fact]
    public void A_series_name_cannot_leave_the_data_block()
    {
        var chart = Render<Chart>(chart => chart.Add(c => c.Id, "t").Add(c => c.Model, Model(new ChartSeries("</script><script>alert(1)</script>", 0, [1, 2]))));
        var data = chart.Find("script");
        Assert.Equal("application/json", data.GetAttribute("type"));
        using var json = JsonDocument.Parse(data.TextContent);
        Assert.Equal("</script><script>alert(1)</script>", json.RootElement.GetProperty("series")[0].GetProperty("name").GetString());
        Assert.Equal(("bars", "tokens", true, Noon.ToUnixTimeMilliseconds()), (json.RootElement.GetProperty("kind").GetString(), json.RootElement.GetProperty("unit").GetString(), json.RootElement.GetProperty("stacked").GetBoolean(), json.RootElement.GetProperty("starts")[0].GetInt64()));
        Assert.Single(chart.FindAll("script"));
    }

    [Fact]
    public void Readings_are_not_added_up_and_nothing_is_said_to_be_nothing()
    {
        var lines = Render<Chart>(chart => chart.Add(c => c.Id, "l").Add(c => c.Model, Model(new ChartSeries("p50", 0, [1, 2]), new ChartSeries("p95", 1, [3, 4])) with { Kind = ChartKind.Lines, Unit = ChartUnit.Milliseconds }));
        Assert.Equal(["Europe/Berlin", "p50", "p95"], lines.FindAll("thead th").Select(cell => cell.TextContent));
        Assert.Contains("3 ms", lines.Markup, StringComparison.Ordinal);
        var none = Render<Chart>(chart => chart.Add(c => c.Id, "n").Add(c => c.Model, Model()));
        Assert.Contains("Nothing in this range", none.Markup, StringComparison.Ordinal);
        Assert.Empty(none.FindAll(".chart-plot"));
    }

    [Fact]
    public void A_bar_is_said_to_be_per_hour_or_day_and_the_one_that_is_not_over_to_be_so_far()
    {
        var hours = Model(new ChartSeries("a", 0, [1, 2]));
        Assert.Equal(("per hour", false), (hours.Per, hours.Partial));
        Assert.Equal(("per hour", true), ((hours with { End = Noon.AddMinutes(90) }).Per, (hours with { End = Noon.AddMinutes(90) }).Partial));
        Assert.Null((hours with { Kind = ChartKind.Lines }).Per);
        Assert.Equal("per 5 minutes", (hours with { Starts = [Noon, Noon.AddMinutes(5)] }).Per);
        Assert.Equal(("per day", true), ((hours with { Starts = [Noon, Noon.AddDays(1)], End = Noon.AddDays(1.5) }).Per, (hours with { Starts = [Noon, Noon.AddDays(1)], End = Noon.AddDays(1.5) }).Partial));
        // The day on which clocks are put forward is over after 23 hours.
        Assert.False((hours with { Starts = [Noon, Noon.AddDays(1)], End = Noon.AddHours(47) }).Partial);
        var chart = Render<Chart>(chart => chart.Add(c => c.Id, "t").Add(c => c.Model, hours with { End = Noon.AddMinutes(90) }));
        Assert.Equal("Tue 24 Nov 14:00 so far", chart.FindAll("tbody th")[1].TextContent);
        Assert.Equal("per hour", chart.Find(".chart-head span").TextContent);
    }
}
