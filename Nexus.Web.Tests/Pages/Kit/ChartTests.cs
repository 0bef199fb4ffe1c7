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
    public void A_name_has_the_same_colour_alone_and_among_others_and_no_two_of_a_picture_share_one()
    {
        string[] names = ["claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5", "one.example", "two.example", "three.example"];
        var together = SeriesColors.For(names);
        Assert.Equal(names.Length, together.Values.Distinct().Count());
        Assert.Equal((0, 1, 2), (together["claude-opus-5"], together["claude-sonnet-5"], together["claude-haiku-4-5"]));
        Assert.Equal(together, SeriesColors.For(names.Reverse()));
        Assert.Equal(together["one.example"], SeriesColors.For(["one.example"])["one.example"]);
        var many = SeriesColors.For(Enumerable.Range(0, 20).Select(i => $"m{i:00}"));
        Assert.Equal(SeriesColors.Count, many.Values.Where(color => color != SeriesColors.Rest).Distinct().Count());
        Assert.Equal(8, many.Values.Count(color => color == SeriesColors.Rest));
        Assert.Equal(("c3", "c-rest", "c-errors"), (SeriesColors.Class(3), SeriesColors.Class(SeriesColors.Rest), SeriesColors.Class(SeriesColors.Errors)));
    }
}
