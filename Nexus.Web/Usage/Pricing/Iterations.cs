using System.Text.Json;
using System.Text.Json.Nodes;
using Nexus.Web.Capture;

namespace Nexus.Web.Usage.Pricing;

/// <summary>
/// <c>usage.iterations</c>: what each sampling of an answer used (a refused model's try and the fallback's, a compaction before
/// the message, an adviser). They are billed instead of the sum above them, which leaves some of them out.
/// </summary>
internal static class Iterations
{
    /// <summary>Further ones are added to the last of the same model, so that a row stays small.</summary>
    private const int Most = 16;

    private static readonly JsonSerializerOptions Compact = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault };

    /// <summary>The attempts of a <c>usage</c> object; empty when it has none.</summary>
    public static IReadOnlyList<Attempt> From(JsonNode? usage)
    {
        if ((usage as JsonObject)?["iterations"] is not JsonArray { Count: > 0 } items)
            return [];
        var attempts = new List<Attempt>();
        foreach (var item in items)
            if (item is JsonObject)
                Add(attempts, new(PlainText.Clean(MessageAssembler.Text(item, "model"), 100), TokenUsage.From(item)));
        return attempts;
    }

    /// <summary>
    /// As stored in the ledger: an array of objects with <c>m</c> (model; missing: the row's own), <c>i</c> input, <c>o</c> output,
    /// <c>w5</c> and <c>w1</c> cache writes, <c>r</c> cache reads; zeros are left out. Null when billing them is billing the row's own tokens.
    /// </summary>
    public static string? Write(IReadOnlyList<Attempt> attempts, string? model, TokenUsage tokens)
    {
        if (attempts.Count == 0 || (attempts.Count == 1 && attempts[0].Tokens == tokens && tokens.Output > 0 && (attempts[0].Model is null || attempts[0].Model == model)))
            return null;
        return JsonSerializer.Serialize(attempts.Select(attempt => Stored.Of(attempt.Model == model ? null : attempt.Model, attempt.Tokens)), Compact);
    }

    /// <exception cref="JsonException">It is not what <see cref="Write"/> makes.</exception>
    public static IReadOnlyList<Attempt> Read(string? stored) =>
        stored is null ? [] : [.. (JsonSerializer.Deserialize<Stored[]>(stored, Compact) ?? []).Select(item => new Attempt(item.M, new(item.I, item.O, item.W5, item.W1, item.R)))];

    private static void Add(List<Attempt> attempts, Attempt attempt)
    {
        if (attempts.Count < Most)
        {
            attempts.Add(attempt);
            return;
        }

        var same = attempts.FindLastIndex(known => known.Model == attempt.Model);
        var place = same < 0 ? Most - 1 : same;
        attempts[place] = attempts[place] with { Tokens = attempts[place].Tokens + (attempt.Tokens.Output > 0 ? attempt.Tokens : default) };
    }

    private sealed record Stored(string? M, long I, long O, long W5, long W1, long R)
    {
        public static Stored Of(string? model, TokenUsage tokens) => new(model, tokens.Input, tokens.Output, tokens.CacheCreation5m, tokens.CacheCreation1h, tokens.CacheRead);
    }
}
