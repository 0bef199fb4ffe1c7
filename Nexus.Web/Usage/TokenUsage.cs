using System.Text.Json.Nodes;

namespace Nexus.Web.Usage;

/// <summary>Tokens by class, as Anthropic's <c>usage</c> reports them. Input excludes what was read from or written to the cache.</summary>
internal readonly record struct TokenUsage(long Input, long Output, long CacheCreation5m, long CacheCreation1h, long CacheRead)
{
    public static TokenUsage From(JsonNode? usage)
    {
        if (usage is not JsonObject json)
            return default;
        var creation = json["cache_creation"] as JsonObject;
        var hour = Number(creation?["ephemeral_1h_input_tokens"]);
        // The flat count is the sum of both; where it stands alone it is billed as the five-minute kind.
        var five = creation is null ? Number(json["cache_creation_input_tokens"]) : Number(creation["ephemeral_5m_input_tokens"]);
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
