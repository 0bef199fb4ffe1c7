namespace Nexus.Web.Pages.Shared.Prices;

/// <summary>One product of a cost: tokens of a class times their price.</summary>
/// <param name="PricePerMillion">Micro-dollars per million tokens.</param>
/// <param name="Estimated">The tokens were counted from what was streamed, not reported.</param>
public sealed record CostLine(string Class, long Tokens, long PricePerMillion, bool Estimated = false)
{
    /// <summary>Dollars, exact: tokens × micro-dollars per million, twelve decimals.</summary>
    public decimal Dollars => (decimal)Tokens * PricePerMillion / 1_000_000_000_000m;
}

/// <summary>What is billed at one rule's prices.</summary>
/// <param name="Rule">The rule in words.</param>
/// <param name="Fallback">No rule names the model.</param>
public sealed record CostPart(string Model, string Rule, bool Fallback, IReadOnlyList<CostLine> Lines);

/// <summary>How a request's cost comes about.</summary>
/// <param name="Version">Of the price list; null when the cost is open.</param>
/// <param name="Micros">As stored; null when nothing is billed.</param>
/// <param name="FreeAttempts">Attempts without output: not billed.</param>
public sealed record CostFigures(long? Micros, int? Version, string? Estimate, long SavingsMicros, IReadOnlyList<CostPart> Parts, int FreeAttempts)
{
    public decimal Sum => Parts.SelectMany(part => part.Lines).Sum(line => line.Dollars);
}
