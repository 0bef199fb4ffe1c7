using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages.Kit;

public sealed partial class SeriesColorsTests
{
    /// <summary>How colours look to people who lack one kind of cones (Machado, Oliveira, Fernandes 2009, severity 1), on linear light; and to the others.</summary>
    private static readonly (string Who, double[] Matrix)[] Eyes =
    [
        ("everybody", [1, 0, 0, 0, 1, 0, 0, 0, 1]),
        ("protanopia", [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998]),
        ("deuteranopia", [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881]),
        ("tritanopia", [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900]),
    ];

    [Fact]
    public void A_name_has_the_same_colour_alone_and_among_any_others_and_no_two_of_a_picture_look_alike() => Gen.String[Gen.Char.AlphaNumeric, 1, 12].Array[1, 30].Sample(names =>
    {
        var together = SeriesColors.For(names);
        Assert.Equal(names.Distinct().Count(), together.Count);
        Assert.Equal(together, SeriesColors.For(names.Reverse()));
        foreach (var (name, look) in together.Where(pair => pair.Value != SeriesColors.Rest))
            Assert.Equal((SeriesColors.Of(name), SeriesColors.For([name])[name]), (look % SeriesColors.Count, look % SeriesColors.Count));
        var looks = together.Values.Where(look => look != SeriesColors.Rest).ToList();
        Assert.Equal(looks.Count, looks.Distinct().Count());
        Assert.All(looks, look => Assert.InRange(look, 0, (SeriesColors.Count * SeriesColors.Patterns) - 1));
    });

    [Fact]
    public void The_families_have_colours_of_their_own_and_versions_of_one_differ_by_pattern()
    {
        var looks = SeriesColors.For(["claude-opus-5", "claude-opus-4-1", "claude-sonnet-5", "claude-haiku-4-5", "one.example"]);
        Assert.Equal((0, 12, 1, 2), (looks["claude-opus-4-1"], looks["claude-opus-5"], looks["claude-sonnet-5"], looks["claude-haiku-4-5"]));
        Assert.InRange(looks["one.example"], 3, 11);
        Assert.Equal(("c3", "c0 p1", "c11 p3", "c-rest", "c-errors"), (SeriesColors.Class(3), SeriesColors.Class(12), SeriesColors.Class(47), SeriesColors.Class(SeriesColors.Rest), SeriesColors.Class(SeriesColors.Errors)));
        Assert.Equal(1, SeriesColors.For(Enumerable.Range(0, 5).Select(i => $"opus {i}")).Values.Count(look => look == SeriesColors.Rest));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Colours_stand_out_from_the_ground_and_from_each_other_in_both_themes_and_to_the_colour_blind(int theme)
    {
        var tokens = Token().Matches(File.ReadAllText(Path.Combine(Scripts.Repository, "wwwroot", "css", "tokens.css"))).ToDictionary(match => match.Groups[1].Value, match => Linear(match.Groups[2 + theme].Value));
        var colors = Enumerable.Range(0, SeriesColors.Count).Select(i => (Name: $"c{i}", Light: tokens[$"c{i}"])).Append((Name: "c-rest", Light: tokens["c-rest"])).ToList();
        foreach (var (name, light) in colors)
            Assert.True(Contrast(light, tokens["surface"]) >= 3, $"--{name} has a contrast of {Contrast(light, tokens["surface"]):0.00} against the surface.");
        foreach (var (who, matrix) in Eyes)
        {
            var seen = colors.Select(color => Lab(Through(matrix, color.Light))).ToList();
            var closest = (from one in Enumerable.Range(0, SeriesColors.Count) from other in Enumerable.Range(0, one) select (Distance(seen[one], seen[other]), one, other)).Min();
            Assert.True(closest.Item1 >= LeastDistance, $"To {who} --c{closest.one} and --c{closest.other} are {closest.Item1:0.000} apart.");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_colours_of_code_can_be_read_on_its_ground_in_both_themes(int theme)
    {
        var tokens = Token().Matches(File.ReadAllText(Path.Combine(Scripts.Repository, "wwwroot", "css", "tokens.css"))).ToDictionary(match => match.Groups[1].Value, match => Linear(match.Groups[2 + theme].Value));
        var code = tokens.Where(token => token.Key.StartsWith("code-", StringComparison.Ordinal)).ToList();
        Assert.Equal(6, code.Count);
        foreach (var (name, light) in code)
            Assert.True(Contrast(light, tokens["sunken"]) >= 4.5, $"--{name} has a contrast of {Contrast(light, tokens["sunken"]):0.00} against the sunken ground.");
    }

    /// <summary>In OKLab, where 0.02 can just be told apart side by side.</summary>
    private const double LeastDistance = 0.06;

    private static double[] Linear(string hex) => [.. Enumerable.Range(0, 3).Select(i => int.Parse(hex.AsSpan(i * 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0).Select(value => value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4))];

    private static double Contrast(double[] one, double[] other)
    {
        double Luminance(double[] light) => (0.2126 * light[0]) + (0.7152 * light[1]) + (0.0722 * light[2]);
        var (a, b) = (Luminance(one) + 0.05, Luminance(other) + 0.05);
        return Math.Max(a, b) / Math.Min(a, b);
    }

    private static double[] Through(double[] matrix, double[] light) => [.. Enumerable.Range(0, 3).Select(row => Math.Clamp((matrix[row * 3] * light[0]) + (matrix[(row * 3) + 1] * light[1]) + (matrix[(row * 3) + 2] * light[2]), 0, 1))];

    private static double[] Lab(double[] light)
    {
        var l = Math.Cbrt((0.4122214708 * light[0]) + (0.5363325363 * light[1]) + (0.0514459929 * light[2]));
        var m = Math.Cbrt((0.2119034982 * light[0]) + (0.6806995451 * light[1]) + (0.1073969566 * light[2]));
        var s = Math.Cbrt((0.0883024619 * light[0]) + (0.2817188376 * light[1]) + (0.6299787005 * light[2]));
        return [(0.2104542553 * l) + (0.7936177850 * m) - (0.0040720468 * s), (1.9779984951 * l) - (2.4285922050 * m) + (0.4505937099 * s), (0.0259040371 * l) + (0.7827717662 * m) - (0.8086757660 * s)];
    }

    private static double Distance(double[] one, double[] other) => Math.Sqrt(one.Zip(other, (a, b) => (a - b) * (a - b)).Sum());

    [GeneratedRegex(@"--([a-z0-9-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)")]
    private static partial Regex Token();
}
