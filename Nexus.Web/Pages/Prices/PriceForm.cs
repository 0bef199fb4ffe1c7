using System.Globalization;
using Nexus.Web.Pages.Shared.Prices;
using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Pages.Prices;

/// <summary>Between a price list and the form that edits it.</summary>
internal static class PriceForm
{
    private const string DateFormat = "yyyy-MM-ddTHH:mm";

    public static PriceRuleFields Fields(PriceRule rule) => new(
        rule.Pattern, Text(rule.ServedFrom), Text(rule.ServedUntil), rule.PromptAbove?.ToString(CultureInfo.InvariantCulture) ?? "",
        Text(rule.Price.Input), Text(rule.Price.Output), Text(rule.Price.CacheRead), Text(rule.Price.CacheWrite5m), Text(rule.Price.CacheWrite1h), rule.Fallback);

    public static PriceLine Line(PriceRule rule) => new(
        rule.Pattern, rule.ServedFrom, rule.ServedUntil, rule.PromptAbove,
        rule.Price.Input, rule.Price.Output, rule.Price.CacheRead, rule.Price.CacheWrite5m, rule.Price.CacheWrite1h, rule.Fallback);

    /// <summary>The rules as typed, the last of them the fallback.</summary>
    public static List<PriceRuleFields> Read(IFormCollection form)
    {
        var count = Math.Min(form["pattern"].Count, PriceChecks.MostRules + 1);
        string At(string name, int i) => i < form[name].Count ? form[name][i]?.Trim() ?? "" : "";
        return [.. Enumerable.Range(0, count).Select(i => new PriceRuleFields(
            At("pattern", i), At("from", i), At("until", i), At("above", i), At("input", i), At("output", i), At("cacheRead", i), At("cacheWrite5m", i), At("cacheWrite1h", i), Fallback: i == count - 1))];
    }

    /// <summary>Adds, moves or removes a rule; an order that makes no sense changes nothing.</summary>
    /// <param name="order">Such as <c>add</c>, <c>up:3</c>, <c>down:3</c>, <c>remove:3</c>, counted from 0.</param>
    public static void Rearrange(List<PriceRuleFields> rules, string order)
    {
        if (order == "add")
        {
            rules.Insert(0, new("", "", "", "", "", "", "", "", "", false));
            return;
        }

        var (action, number) = order.Split(':', 2) is [var name, var text] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? (name, parsed) : ("", -1);
        // The last is the fallback and stays where it is.
        if (number < 0 || number >= rules.Count - 1)
            return;
        if (action == "remove")
            rules.RemoveAt(number);
        else if (action == "up" && number > 0)
            (rules[number - 1], rules[number]) = (rules[number], rules[number - 1]);
        else if (action == "down" && number < rules.Count - 2)
            (rules[number + 1], rules[number]) = (rules[number], rules[number + 1]);
    }

    /// <returns>The rules, and what could not be read, one sentence each.</returns>
    public static (List<PriceRule> Rules, List<string> Problems) Parse(IReadOnlyList<PriceRuleFields> fields)
    {
        var problems = new List<string>();
        var rules = fields.Select((field, index) => Parse(field, problem => problems.Add($"Rule {index + 1}: {problem}"))).ToList();
        return (rules, problems);
    }

    /// <summary>Dollars per million tokens as micro-dollars; null when it is none, or finer than a micro-dollar.</summary>
    public static long? Dollars(string text) =>
        decimal.TryParse(text.TrimStart('$'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var dollars) && dollars <= PriceChecks.Highest && dollars * 1_000_000 % 1 == 0
            ? (long)(dollars * 1_000_000) : null;

    private static PriceRule Parse(PriceRuleFields field, Action<string> problem)
    {
        long Price(string name, string text)
        {
            if (Dollars(text) is { } micros)
                return micros;
            problem($"'{text}' is no {name} price. Write dollars per million tokens with a point, such as 1.25.");
            return 0;
        }

        DateTimeOffset? Date(string name, string text)
        {
            if (text.Length == 0)
                return null;
            if (DateTime.TryParseExact(text, [DateFormat, "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
                return new(date, TimeSpan.Zero);
            problem($"'{text}' is no time for '{name}'. Write it in UTC, such as 2026-09-01 or 2026-09-01T12:00.");
            return null;
        }

        long? above = null;
        if (field.Above.Length > 0)
        {
            if (long.TryParse(field.Above.Replace(",", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var tokens))
                above = tokens;
            else
                problem($"'{field.Above}' is no number of tokens.");
        }

        return new(
            field.Pattern,
            new(Price("input", field.Input), Price("output", field.Output), Price("cache read", field.CacheRead), Price("5-minute write", field.CacheWrite5m), Price("1-hour write", field.CacheWrite1h)),
            Date("served from", field.From), Date("served until", field.Until), above, field.Fallback);
    }

    private static string Text(long micros) => (micros / 1_000_000m).ToString("0.######", CultureInfo.InvariantCulture);

    private static string Text(DateTimeOffset? date) => date is not { } at ? "" : at.UtcDateTime.ToString(at.UtcDateTime.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : DateFormat, CultureInfo.InvariantCulture);
}
