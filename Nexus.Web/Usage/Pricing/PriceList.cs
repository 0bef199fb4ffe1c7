using System.Collections.Concurrent;

namespace Nexus.Web.Usage.Pricing;

/// <summary>One version of all prices; never changes. The first rule whose pattern, serving time and tier fit is the price.</summary>
internal sealed class PriceList(int version, IReadOnlyList<PriceRule> rules, DateTimeOffset createdAt = default, string createdBy = "", string note = "")
{
    /// <summary>Names of models come from outside: more of them than this are looked up each time.</summary>
    private const int MostRemembered = 1000;

    private const int LongestModel = 200;
    private readonly ConcurrentDictionary<string, PriceRule[]> _byModel = new(StringComparer.Ordinal);

    public int Version => version;

    public IReadOnlyList<PriceRule> Rules => rules;

    public DateTimeOffset CreatedAt => createdAt;

    public string CreatedBy => createdBy;

    /// <summary>Why it was made.</summary>
    public string Note => note;

    /// <param name="model">The model's id; null and unknown ones get the fallback.</param>
    /// <param name="servedAt">When the request arrived.</param>
    /// <param name="prompt">Tokens of the prompt: input, cache reads and cache writes together.</param>
    public PriceRule Find(string? model, DateTimeOffset servedAt, long prompt)
    {
        foreach (var rule in Of(model ?? ""))
            if (rule.Covers(servedAt, prompt))
                return rule;
        // The checks of a list demand a fallback without conditions; one written into the database by hand may lack it.
        return rules[^1] with { Fallback = true };
    }

    /// <inheritdoc cref="Find(string?, DateTimeOffset, long)"/>
    public PriceRule Find(string? model, DateTimeOffset servedAt, TokenUsage tokens) => Find(model, servedAt, tokens.Prompt);

    private PriceRule[] Of(string model)
    {
        if (model.Length > LongestModel)
            model = model[..LongestModel];
        if (_byModel.TryGetValue(model, out var known))
            return known;
        PriceRule[] matching = [.. rules.Where(rule => rule.MatchesModel(model))];
        if (_byModel.Count < MostRemembered)
            _byModel.TryAdd(model, matching);
        return matching;
    }
}
