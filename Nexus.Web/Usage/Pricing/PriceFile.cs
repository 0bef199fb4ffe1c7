using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nexus.Web.Usage.Pricing;

/// <summary>A price list as a file: JSON with prices in US dollars per million tokens.</summary>
internal static class PriceFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public static string Write(PriceList list) => JsonSerializer.Serialize(new Whole(list.Version, [.. list.Rules.Select(Of)]), Options);

    /// <returns>The version that the file was made from, and its rules; they are not checked yet.</returns>
    /// <exception cref="FormatException">It is not such a file.</exception>
    public static (int Version, List<PriceRule> Rules) Read(string json)
    {
        try
        {
            var whole = JsonSerializer.Deserialize<Whole>(json, Options);
            if (whole?.Rules is not { } rules)
                throw new FormatException("The file has no \"rules\". 'nexus prices export' prints one that has.");
            return (whole.Version, [.. rules.Select(Of)]);
        }
        catch (JsonException error)
        {
            throw new FormatException($"The file is no price list: {error.Message}", error);
        }
        catch (OverflowException)
        {
            throw new FormatException("A price in the file is too high.");
        }
    }

    private static Rule Of(PriceRule rule) => new(
        rule.Pattern, rule.ServedFrom, rule.ServedUntil, rule.PromptAbove,
        rule.Price.Input / 1_000_000m, rule.Price.Output / 1_000_000m, rule.Price.CacheRead / 1_000_000m, rule.Price.CacheWrite5m / 1_000_000m, rule.Price.CacheWrite1h / 1_000_000m, rule.Fallback);

    private static PriceRule Of(Rule rule) => new(
        rule.Pattern ?? "", new(Micros(rule.Input), Micros(rule.Output), Micros(rule.CacheRead), Micros(rule.CacheWrite5m), Micros(rule.CacheWrite1h)),
        rule.ServedFrom, rule.ServedUntil, rule.PromptAbove, rule.Fallback);

    private static long Micros(decimal dollars) => decimal.ToInt64(Math.Round(dollars * 1_000_000));

    private sealed record Whole(int Version, Rule[]? Rules);

    private sealed record Rule(
        string? Pattern, DateTimeOffset? ServedFrom, DateTimeOffset? ServedUntil, long? PromptAbove,
        decimal Input, decimal Output, decimal CacheRead, decimal CacheWrite5m, decimal CacheWrite1h, bool Fallback);
}
