using Nexus.Web.Pages.Shared.Prices;
using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Pages.Prices;

/// <summary>Takes a cost apart into the products it is the sum of.</summary>
internal static class CostExplanation
{
    public static CostFigures Of(LedgerRow row, PriceBook prices)
    {
        var attempts = Iterations.Read(row.Iterations);
        var list = row.PriceVersion is { } version ? prices.Find(version) : null;
        var parts = list is null || row.CostMicros is null ? [] : Parts(list, Costing.Model(row), row.StartedAt, Costing.Tokens(row), attempts, row.EstimatedOutputTokens);
        return new(row.CostMicros, row.PriceVersion, row.CostEstimate, row.CacheSavingsMicros, parts, attempts.Count(attempt => attempt.Tokens.Output == 0));
    }

    /// <summary>A cost that is asked about, of no stored request.</summary>
    public static CostFigures Of(PriceList list, string model, DateTimeOffset servedAt, TokenUsage tokens)
    {
        var bill = Bill.Of(list, model, servedAt, tokens, []);
        return new(bill.Micros, list.Version, bill.Unpriced ? Costing.Unpriced : null, bill.SavingsMicros, Parts(list, model, servedAt, tokens, [], 0), 0);
    }

    private static List<CostPart> Parts(PriceList list, string? model, DateTimeOffset servedAt, TokenUsage tokens, IReadOnlyList<Attempt> attempts, long estimated) =>
        [.. Bill.Lines(list, model, servedAt, tokens, attempts, estimated).Select(line => new CostPart(line.Model ?? "no model", PriceChanges.Name(line.Rule), line.Rule.Fallback, Lines(line.Rule.Price, line.Tokens, estimated)))];

    private static List<CostLine> Lines(Price price, TokenUsage tokens, long estimated)
    {
        // Estimated output is billed with the reported; it is shown apart.
        var guessed = Math.Min(estimated, tokens.Output);
        CostLine[] lines =
        [
            new("Input", tokens.Input, price.Input),
            new("Cache read", tokens.CacheRead, price.CacheRead),
            new("Cache write, 5 min", tokens.CacheCreation5m, price.CacheWrite5m),
            new("Cache write, 1 h", tokens.CacheCreation1h, price.CacheWrite1h),
            new("Output", tokens.Output - guessed, price.Output),
            new("Output, streamed and not reported", guessed, price.Output, Estimated: true),
        ];
        return [.. lines.Where(line => line.Tokens > 0)];
    }
}
