using System.Globalization;

namespace Nexus.Web.Usage.Pricing;

/// <param name="Kind"><c>added</c>, <c>removed</c>, <c>changed</c> or <c>moved</c>.</param>
/// <param name="Text">The change in words.</param>
internal sealed record PriceChange(string Kind, string Text);

/// <summary>What differs between two lists, in words.</summary>
internal static class PriceChanges
{
    public static IReadOnlyList<PriceChange> Between(IReadOnlyList<PriceRule> before, IReadOnlyList<PriceRule> after)
    {
        var changes = new List<PriceChange>();
        var old = before.ToList();
        var pairs = after.Select(rule => (Rule: rule, Old: Take(old, rule))).ToList();
        changes.AddRange(old.Select(rule => new PriceChange("removed", $"{Name(rule)}: {Prices(rule.Price)}")));
        foreach (var (rule, known) in pairs)
        {
            if (known is null)
                changes.Add(new("added", $"{Name(rule)}: {Prices(rule.Price)}"));
            else if (known.Price != rule.Price)
                changes.Add(new("changed", $"{Name(rule)}: {string.Join(", ", Classes(known.Price).Zip(Classes(rule.Price)).Where(pair => pair.First != pair.Second).Select(pair => $"{pair.First.Name} {Dollars(pair.First.Value)} → {Dollars(pair.Second.Value)}"))}"));
        }

        // What was moved shows when the order of what both have differs.
        var kept = pairs.Where(pair => pair.Old is not null).Select(pair => pair.Old!).ToList();
        var order = before.Where(kept.Contains).ToList();
        for (var i = 0; i < kept.Count; i++)
            if (!ReferenceEquals(kept[i], order[i]))
            {
                changes.Add(new("moved", $"The order of rules differs from {Name(kept[i])} on."));
                break;
            }

        return changes;
    }

    /// <summary>A price as on price lists: $3 for 3,000,000 millionths.</summary>
    public static string Dollars(long micros) => "$" + (micros / 1_000_000m).ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>A rule's pattern and what limits it.</summary>
    public static string Name(PriceRule rule) => string.Concat(
        rule.Fallback ? "fallback" : rule.Pattern,
        rule.ServedFrom is { } from ? $", served from {Date(from)}" : "",
        rule.ServedUntil is { } until ? $", served before {Date(until)}" : "",
        rule.PromptAbove is { } above ? string.Create(CultureInfo.InvariantCulture, $", prompts above {above:N0} tokens") : "");

    private static PriceRule? Take(List<PriceRule> rules, PriceRule rule)
    {
        var place = rules.FindIndex(known => (known.Pattern, known.ServedFrom, known.ServedUntil, known.PromptAbove, known.Fallback) == (rule.Pattern, rule.ServedFrom, rule.ServedUntil, rule.PromptAbove, rule.Fallback));
        if (place < 0)
            return null;
        var found = rules[place];
        rules.RemoveAt(place);
        return found;
    }

    private static IEnumerable<(string Name, long Value)> Classes(Price price) =>
        [("input", price.Input), ("output", price.Output), ("cache read", price.CacheRead), ("5-minute write", price.CacheWrite5m), ("1-hour write", price.CacheWrite1h)];

    private static string Prices(Price price) => string.Join(", ", Classes(price).Select(part => $"{part.Name} {Dollars(part.Value)}"));

    private static string Date(DateTimeOffset date) => date.ToUniversalTime().ToString(date.TimeOfDay == TimeSpan.Zero && date.Offset == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
