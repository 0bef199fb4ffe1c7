namespace Nexus.Web.Pages.Shared.Prices;

/// <summary>A rule as the form holds it: texts as typed, so that a wrong one comes back as it was. Dates in UTC, prices in dollars per million tokens.</summary>
public sealed record PriceRuleFields(string Pattern, string From, string Until, string Above, string Input, string Output, string CacheRead, string CacheWrite5m, string CacheWrite1h, bool Fallback);
