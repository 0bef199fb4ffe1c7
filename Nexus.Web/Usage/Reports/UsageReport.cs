namespace Nexus.Web.Usage.Reports;

/// <summary>Which usage is asked for.</summary>
/// <param name="Starts">Starts of the intervals, in order; the last one ends with <paramref name="To"/>.</param>
/// <param name="Filters">Values that dimensions must have.</param>
internal sealed record UsageQuestion(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<DateTimeOffset> Starts, UsageDimension By, IReadOnlyList<(UsageDimension Dimension, string Value)> Filters)
{
    /// <summary>Another dimension that the whole is also split by; not <see cref="By"/>.</summary>
    public UsageDimension? Also { get; init; }

    /// <summary>What decides which values are named, and their order.</summary>
    public UsageMeasure OrderedBy { get; init; } = UsageMeasure.Cost;

    /// <summary>The widest rollup that tells the intervals apart. Where the first one begins is no matter: nothing is before it.</summary>
    public RollupTier Widest => RollupTier.Of(Starts.Skip(1));
}

internal enum UsageMeasure
{
    Cost,
    Tokens,
    Requests,
}

/// <param name="Value">Of the dimension; null for all others together.</param>
/// <param name="Cells">One per interval.</param>
internal sealed record UsageSeries(string? Value, IReadOnlyList<UsageSums> Cells);

/// <param name="Value">Of the dimension; null for all others together.</param>
/// <param name="Before">The same in the stretch that is compared with; zeroes where it was not there.</param>
internal sealed record UsageLine(string? Value, UsageSums Sums, UsageSums Before);

/// <summary>Usage over time and in sum, split by a dimension. Sums of lines, of series and of the total are the same.</summary>
/// <param name="Also">What the values of the question's other dimension add up to, the dearest first; empty without one.</param>
internal sealed record UsageReport(IReadOnlyList<UsageSeries> Series, IReadOnlyList<UsageLine> Lines, UsageSums Total, UsageSums Before, IReadOnlyList<(string Value, UsageSums Sums)> Also);
