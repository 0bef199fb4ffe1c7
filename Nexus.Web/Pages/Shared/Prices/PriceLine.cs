namespace Nexus.Web.Pages.Shared.Prices;

/// <summary>A rule of a price list as a row; prices in micro-dollars per million tokens.</summary>
/// <param name="Above">Prompts of more tokens than this; null: all.</param>
public sealed record PriceLine(string Pattern, DateTimeOffset? From, DateTimeOffset? Until, long? Above, long Input, long Output, long CacheRead, long CacheWrite5m, long CacheWrite1h, bool Fallback);

/// <summary>A version in the history.</summary>
/// <param name="Changes">What it changed, kind and words; empty for the first.</param>
public sealed record PriceVersionLine(int Version, DateTimeOffset At, string By, string Note, IReadOnlyList<KeyValuePair<string, string>> Changes, IReadOnlyList<PriceLine> Rules);

/// <summary>Requests of a model that no rule named, with what they were costed at.</summary>
/// <param name="Named">The list in force has a rule for it: re-pricing gives them their price.</param>
public sealed record UnpricedModel(string Model, long Requests, long CostMicros, bool Named = false);
