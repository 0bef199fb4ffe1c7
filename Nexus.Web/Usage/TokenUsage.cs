using System.Text.Json.Nodes;

namespace Nexus.Web.Usage;

/// <summary>Tokens by class, as Anthropic's <c>usage</c> reports them. Input excludes what was read from or written to the cache.</summary>
public readonly record struct TokenUsage(long Input, long Output, long CacheCreation5m, long CacheCreation1h, long CacheRead)
{
    /// <summary>Everything that went in: input, cache reads and cache writes; what context windows and price tiers are measured by.</summary>
    public long Prompt => Input + CacheCreation5m + CacheCreation1h + CacheRead;

    public static TokenUsage operator +(TokenUsage a, TokenUsage b) =>
        new(a.Input + b.Input, a.Output + b.Output, a.CacheCreation5m + b.CacheCreation5m, a.CacheCreation1h + b.CacheCreation1h, a.CacheRead + b.CacheRead);

    public static TokenUsage From(JsonNode? usage)
    {
        if (usage is not JsonObject json)
            return default;
        var creation = json["cache_creation"] as JsonObject;
        var hour = Number(creation?["ephemeral_1h_input_tokens"]);
        var five = Number(creation?["ephemeral_5m_input_tokens"]);
        // The flat count is the sum of both. Where it says more (it stands alone, or a stream's last word has only the flat
        // count), the rest is billed as the five-minute kind.
        five += Math.Max(0, Number(json["cache_creation_input_tokens"]) - five - hour);
        return new(Number(json["input_tokens"]), Number(json["output_tokens"]), five, hour, Number(json["cache_read_input_tokens"]));
    }

    /// <summary>A count; 0 for what is none, or cannot be.</summary>
    public static long Number(JsonNode? node)
    {
        if (node is not JsonValue value || !value.TryGetValue<long>(out var number))
            return 0;
        return Math.Clamp(number, 0, int.MaxValue);
    }
}
