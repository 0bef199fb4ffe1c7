namespace Nexus.Web.Usage.Pricing;

/// <summary>What a request costs by a price list.</summary>
/// <param name="Micros">Millionths of a US dollar, rounded once (<see cref="Price.Round"/>).</param>
/// <param name="SavingsMicros">What caching saved; below zero when writing did not pay.</param>
/// <param name="Unpriced">A fallback price is in it.</param>
internal readonly record struct Bill(long Micros, long SavingsMicros, bool Unpriced)
{
    /// <param name="model">The model served, else the one asked for.</param>
    /// <param name="servedAt">Arrival of the request: it decides between prices with dates.</param>
    /// <param name="attempts">Billed one by one instead of <paramref name="tokens"/>, each at its own model's price; those without output are free. Empty: the tokens are billed.</param>
    /// <param name="estimatedOutput">Output tokens beyond the reported ones, billed at the model's output price.</param>
    public static Bill Of(PriceList list, string? model, DateTimeOffset servedAt, TokenUsage tokens, IReadOnlyList<Attempt> attempts, long estimatedOutput = 0)
    {
        Int128 cost = 0, savings = 0;
        var unpriced = false;
        foreach (var (rule, billed, _) in Lines(list, model, servedAt, tokens, attempts, estimatedOutput))
        {
            cost += rule.Price.Exact(billed);
            savings += rule.Price.ExactSavings(billed);
            unpriced |= rule.Fallback;
        }

        return new(Price.Round(cost), Price.Round(savings), unpriced);
    }

    /// <summary>What is multiplied with what: one line per attempt, then what is estimated.</summary>
    public static IEnumerable<(PriceRule Rule, TokenUsage Tokens, string? Model)> Lines(PriceList list, string? model, DateTimeOffset servedAt, TokenUsage tokens, IReadOnlyList<Attempt> attempts, long estimatedOutput)
    {
        if (attempts.Count == 0)
        {
            yield return (list.Find(model, servedAt, tokens), tokens with { Output = tokens.Output + estimatedOutput }, model);
            yield break;
        }

        foreach (var attempt in attempts.Where(attempt => attempt.Tokens.Output > 0))
            yield return (list.Find(attempt.Model ?? model, servedAt, attempt.Tokens), attempt.Tokens, attempt.Model ?? model);
        if (estimatedOutput > 0)
            yield return (list.Find(model, servedAt, tokens), new TokenUsage(0, estimatedOutput, 0, 0, 0), model);
    }
}
