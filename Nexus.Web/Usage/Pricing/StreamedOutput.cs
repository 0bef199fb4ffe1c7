using System.Text;
using System.Text.Json.Nodes;
using Nexus.Web.Capture;

namespace Nexus.Web.Usage.Pricing;

/// <summary>
/// How many output tokens a broken-off stream had, from the text that came. Anthropic's glossary puts a token at about 3.5
/// English characters; bytes of UTF-8 are counted instead of characters, because other scripts have more tokens per character.
/// Text, thinking and tools' JSON count. Thinking that is not sent (redacted, display omitted) cannot be counted: the estimate is low there.
/// </summary>
internal static class StreamedOutput
{
    private const int BytesPerTenTokens = 35;

    /// <param name="message">As assembled from what arrived.</param>
    public static long Estimate(JsonObject message)
    {
        long bytes = 0;
        if (message["content"] is JsonArray blocks)
            foreach (var block in blocks.OfType<JsonObject>())
                bytes += Bytes(block, "text") + Bytes(block, "thinking") + Input(block["input"]);
        return ((bytes * 10) + BytesPerTenTokens - 1) / BytesPerTenTokens;
    }

    private static long Bytes(JsonObject block, string name) => MessageAssembler.Text(block, name) is { } text ? Encoding.UTF8.GetByteCount(text) : 0;

    /// <summary>What had arrived of a tool's input: parsed where it was whole, as it came under <c>_raw</c> where it was not.</summary>
    private static long Input(JsonNode? input) => input switch
    {
        null or JsonObject { Count: 0 } => 0,
        JsonObject { Count: 1 } raw when MessageAssembler.Text(raw, "_raw") is { } text => Encoding.UTF8.GetByteCount(text),
        _ => MessageAssembler.Serialize(input)?.Length ?? 0,
    };
}
