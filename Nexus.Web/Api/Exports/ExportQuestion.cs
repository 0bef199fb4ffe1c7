using Nexus.Web.Pages;
using Nexus.Web.Usage.Reports;

namespace Nexus.Web.Api.Exports;

/// <summary>What of a table is asked for: the same parameters as the page that shows it.</summary>
internal sealed record ExportQuestion(TimeRange Range, UsageDimension By, IReadOnlyList<(UsageDimension Dimension, string Value)> Filters, IQueryCollection Query, DateTimeOffset Now)
{
    public static ExportQuestion Read(Parameters parameters, IQueryCollection query, TimeZoneInfo zone, DateTimeOffset now)
    {
        var range = TimeRange.Read(query, zone, now, UsageFilter.DefaultRange);
        var by = UsageDimension.Find(parameters.Choice("by", UsageDimension.Model.Name, [.. UsageDimension.All.Select(dimension => dimension.Name)]))!;
        return new(range, by, UsageDimension.FiltersOf(query), query, now);
    }
}
