using System.Text.RegularExpressions;

namespace Nexus.Web.Usage.Pricing;

/// <summary>One line of a price list.</summary>
/// <param name="Pattern">Regular expression over the model's id: case-insensitive, unanchored, without look-around and back-references.</param>
/// <param name="ServedFrom">For requests that arrived at this time or later; null: from ever.</param>
/// <param name="ServedUntil">For requests that arrived before this time; null: for ever.</param>
/// <param name="PromptAbove">For prompts (input, cache reads and cache writes together) of more tokens than this; null: for all.</param>
/// <param name="Fallback">The price of last resort: what it costs is an estimate.</param>
internal sealed record PriceRule(string Pattern, Price Price, DateTimeOffset? ServedFrom = null, DateTimeOffset? ServedUntil = null, long? PromptAbove = null, bool Fallback = false)
{
    private readonly Lazy<Regex> _regex = new(() => Compile(Pattern));

    /// <summary>Never backtracks, so no pattern of an operator can take longer than the name is long.</summary>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    /// <exception cref="NotSupportedException">It needs backtracking, or is too large without.</exception>
    public static Regex Compile(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    public bool MatchesModel(string model) => _regex.Value.IsMatch(model);

    public bool Covers(DateTimeOffset servedAt, long prompt) =>
        (ServedFrom is not { } from || servedAt >= from) && (ServedUntil is not { } until || servedAt < until) && (PromptAbove is not { } above || prompt > above);

    public bool Equals(PriceRule? other) => other is not null && Pattern == other.Pattern && Price == other.Price && ServedFrom == other.ServedFrom
        && ServedUntil == other.ServedUntil && PromptAbove == other.PromptAbove && Fallback == other.Fallback;

    public override int GetHashCode() => HashCode.Combine(Pattern, Price, ServedFrom, ServedUntil, PromptAbove, Fallback);
}
