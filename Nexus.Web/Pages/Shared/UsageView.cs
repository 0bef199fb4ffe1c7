using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Usage.Reports;

namespace Nexus.Web.Pages.Shared;

/// <summary>A line of the usage page's table.</summary>
/// <param name="Href">The page filtered by it; null for all others together.</param>
/// <param name="Requests">The ledger filtered by it; null where the ledger has no such filter.</param>
public sealed record UsageRow(string Name, string? Href, string? Requests, int Color, UsageSums Sums, UsageSums Before)
{
    /// <summary>It stands for all others together.</summary>
    public bool IsRest { get; init; }
}

/// <summary>A part of a whole, by name.</summary>
/// <param name="Estimated">Some of the amount is an estimate.</param>
public sealed record UsageShare(string Name, long Amount, double Share, bool Estimated = false);

/// <summary>What the usage page shows under its filter.</summary>
/// <param name="Period">What the stretch is compared with, in words.</param>
/// <param name="Query">The filter as a query string with its <c>?</c>, or empty.</param>
public sealed record UsageView(
    string Title,
    string Period,
    string Query,
    string? Problem,
    UsageSums Total,
    UsageSums Before,
    ChartModel ByDimension,
    ChartModel ByClass,
    ChartModel HitRate,
    IReadOnlyList<UsageRow> Rows,
    IReadOnlyList<UsageShare> Lanes,
    IReadOnlyList<UsageShare> Tools)
{
    /// <summary>What of the filter calls of tools cannot be told by, in words; null when they follow all of it.</summary>
    public string? ToolsUntold { get; init; }

    public required SubagentView Subagents { get; init; }
}
