namespace Nexus.Web.Usage.Pricing;

/// <summary>What a price list must be before it comes into force.</summary>
internal static class PriceChecks
{
    public const int MostRules = 200;
    public const int LongestPattern = 200;

    /// <summary>$10,000 per million tokens, far above any price; it keeps every sum within 64 bits.</summary>
    public const long Highest = 10_000_000_000;

    /// <summary>One sentence per fault, with the number of the rule as people count.</summary>
    public static IReadOnlyList<string> Problems(IReadOnlyList<PriceRule> rules)
    {
        var problems = new List<string>();
        if (rules.Count is 0 or > MostRules)
            problems.Add($"A price list has 1 to {MostRules} rules; this one has {rules.Count}.");
        for (var i = 0; i < rules.Count && problems.Count < 20; i++)
            problems.AddRange(Of(rules[i]).Select(problem => $"Rule {i + 1}: {problem}"));
        if (rules.Count > 0 && (rules.Count(rule => rule.Fallback) != 1 || !rules[^1].Fallback))
            problems.Add("The last rule, and no other, must be the fallback: what it costs is marked as an estimate.");
        if (rules.Count > 0 && rules[^1] is { Fallback: true } last && (last.Pattern != ".*" || last.ServedFrom is not null || last.ServedUntil is not null || last.PromptAbove is not null))
            problems.Add("The fallback must fit every request: pattern '.*', no dates, no tier.");
        return problems;
    }

    private static IEnumerable<string> Of(PriceRule rule)
    {
        if (string.IsNullOrWhiteSpace(rule.Pattern))
            yield return "the pattern is missing. It is a regular expression over the model's name, such as claude-opus-5.";
        else if (rule.Pattern.Length > LongestPattern)
            yield return $"the pattern has {rule.Pattern.Length} characters; at most {LongestPattern} are allowed.";
        else if (Fault(rule.Pattern) is { } fault)
            yield return fault;
        if (rule.ServedFrom is { } from && rule.ServedUntil is { } until && from >= until)
            yield return "it ends before it begins: 'until' must be later than 'from'.";
        if (rule.PromptAbove is < 0)
            yield return "the tier must be a number of tokens, 0 or more.";
        var price = rule.Price;
        foreach (var (name, value) in new[] { ("input", price.Input), ("output", price.Output), ("cache read", price.CacheRead), ("5-minute cache write", price.CacheWrite5m), ("1-hour cache write", price.CacheWrite1h) })
            if (value is < 0 or > Highest)
                yield return $"the {name} price must be between $0 and ${Highest / 1_000_000:N0} per million tokens.";
    }

    private static string? Fault(string pattern)
    {
        try
        {
            PriceRule.Compile(pattern);
            return null;
        }
        catch (NotSupportedException)
        {
            return $"the pattern '{pattern}' needs look-around or back-references, or is too large; patterns here must match in one pass.";
        }
        catch (ArgumentException error)
        {
            return $"the pattern is no regular expression: {error.Message}";
        }
    }
}
