using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nexus.Web.Pages.Shared.Kit;

/// <summary>What a chart counts: decides how its numbers are written.</summary>
public enum ChartUnit
{
    Count,
    Tokens,

    /// <summary>Micro-dollars.</summary>
    Money,

    Milliseconds,
    Bytes,

    /// <summary>Shares from 0 to 1.</summary>
    Percent,
}

public enum ChartKind
{
    /// <summary>Sums per interval.</summary>
    Bars,

    /// <summary>Readings that are no sums: percentiles, shares, what a window holds.</summary>
    Lines,
}

/// <param name="Color">Of <see cref="SeriesColors"/>.</param>
/// <param name="Values">One for each interval; null where nothing is known, which is shown as a gap and never as zero.</param>
public sealed record ChartSeries(string Name, int Color, IReadOnlyList<double?> Values);

/// <summary>Series over intervals of time, as <c>Chart.razor</c> shows them and chart.js reads them.</summary>
/// <param name="Title">What is shown; also the name of the exported files.</param>
/// <param name="Starts">Beginning of each interval.</param>
/// <param name="End">Where the last interval ends.</param>
/// <param name="Zone">IANA name of the zone whose clock the labels show.</param>
public sealed record ChartModel(string Title, ChartUnit Unit, ChartKind Kind, IReadOnlyList<DateTimeOffset> Starts, DateTimeOffset End, string Zone, IReadOnlyList<ChartSeries> Series)
{
    /// <summary>Whether the series add up to a whole; lines never do.</summary>
    public bool Stacked { get; init; } = true;

    /// <summary>Address of the page whose <c>range=custom&amp;from=…&amp;to=…</c> narrows it to a stretch; null where a zoom stays in the picture.</summary>
    public string? RangeHref { get; init; }

    /// <summary>Some of what is shown is an estimate.</summary>
    public bool Estimated { get; init; }

    /// <summary>A limit, drawn as a line.</summary>
    public double? Limit { get; init; }

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <summary>Whether intervals are whole days or longer.</summary>
    internal bool Daily => Starts.Count > 0 && (Starts.Count > 1 ? Starts[1] : End) - Starts[0] >= TimeSpan.FromHours(22);

    /// <summary>Whether the last interval is not over: its sum will grow.</summary>
    internal bool Partial => Kind == ChartKind.Bars && Starts.Count > 1 && End - Starts[^1] < (Daily ? TimeSpan.FromHours(22) : Starts[1] - Starts[0]);

    /// <summary>What one bar sums up, in words; null for readings.</summary>
    internal string? Per => Kind != ChartKind.Bars || Starts.Count == 0 ? null : ((Starts.Count > 1 ? Starts[1] : End) - Starts[0]) switch
    {
        _ when Daily => "per day",
        { TotalMinutes: 60 } => "per hour",
        var step => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"per {step.TotalMinutes:0} minutes"),
    };

    internal double? Sum(int interval) => Series.Any(series => series.Values[interval] is not null) ? Series.Sum(series => series.Values[interval] ?? 0) : null;

    /// <summary>Safe within a script element: the encoder escapes what could end it.</summary>
    internal string ToJson() => JsonSerializer.Serialize(new
    {
        Title,
        Unit,
        Kind,
        Stacked = Stacked && Kind == ChartKind.Bars,
        Zone,
        RangeHref,
        Limit,
        Daily,
        Per,
        Partial,
        Starts = Starts.Select(start => start.ToUnixTimeMilliseconds()),
        End = End.ToUnixTimeMilliseconds(),
        Series = Series.Select(series => new { series.Name, series.Color, series.Values }),
    }, Options);

    internal string Text(double? value) => value is not { } known ? "–" : Unit switch
    {
        ChartUnit.Money => Display.Money((long)Math.Round(known)),
        ChartUnit.Milliseconds => Display.Milliseconds(known),
        ChartUnit.Bytes => Display.Bytes((long)known),
        ChartUnit.Percent => Display.Percent(known),
        _ => Display.Exact((long)Math.Round(known)),
    };
}
