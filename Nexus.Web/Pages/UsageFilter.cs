using Microsoft.AspNetCore.WebUtilities;
using Nexus.Web.Usage.Reports;

namespace Nexus.Web.Pages;

/// <summary>What the usage page shows; its whole state is in the URL.</summary>
internal sealed record UsageFilter(TimeRange Range, UsageDimension By, UsageMeasure Measure, IReadOnlyList<(UsageDimension Dimension, string Value)> Values)
{
    public const string DefaultRange = "7d";

    public UsageQuestion Question => new(Range.From, Range.To, Range.Intervals(), By, Values) { OrderedBy = Measure };

    public static UsageFilter Read(IQueryCollection query, TimeZoneInfo zone, DateTimeOffset now) => new(
        TimeRange.Read(query, zone, now, DefaultRange),
        UsageDimension.Find(query["by"].ToString()) ?? UsageDimension.Model,
        MeasureOf(query),
        UsageDimension.FiltersOf(query));

    public static UsageMeasure MeasureOf(IQueryCollection query) => Enum.TryParse<UsageMeasure>(query["measure"].ToString(), ignoreCase: true, out var measure) && Enum.IsDefined(measure) ? measure : UsageMeasure.Cost;

    public string? Value(string dimension) => Values.Where(filter => filter.Dimension.Name == dimension).Select(filter => filter.Value).FirstOrDefault();

    /// <summary>Its pairs of the URL.</summary>
    public IEnumerable<(string Name, string? Value)> Pairs =>
    [
        .. Range.Query(DefaultRange),
        ("by", By == UsageDimension.Model ? null : By.Name),
        ("measure", Measure == UsageMeasure.Cost ? null : Words(Measure)),
        .. Values.Select(filter => (filter.Dimension.Name, (string?)filter.Value)),
    ];

    /// <summary>The query string that leads here, with its <c>?</c>, followed by what else is given.</summary>
    public string Query(params IEnumerable<(string Name, string? Value)> more) =>
        QueryHelpers.AddQueryString("", Pairs.Concat(more).Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Name, pair.Value)));

    public UsageFilter With(UsageDimension dimension, string value) => this with { Values = [.. Values.Where(filter => filter.Dimension != dimension), (dimension, value)] };

    public static string Words(UsageMeasure measure) => measure.ToString().ToLowerInvariant();
}
