using System.Text.Json.Nodes;
using Nexus.Web.Capture;

namespace Nexus.Web.Usage.Caching;

/// <summary>
/// Compares two prompts as the cache sees them: tools, system, messages, in this order. Where cache markers stand does not
/// count, nor whether a text is a string or a block; any other difference ends the common prefix.
/// </summary>
internal static class CachePrefix
{
    /// <summary>
    /// The first part of the earlier prompt that the later one does not continue, such as <c>tools[3]</c>; null when it continues all
    /// but the last message, whose end clients rewrite.
    /// </summary>
    public static string? FirstChange(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        if (MessageAssembler.Parse(before) is not JsonObject earlier || MessageAssembler.Parse(after) is not JsonObject later)
            return null;
        foreach (var name in new[] { "tools", "system", "messages" })
        {
            var (old, now) = (Elements(earlier[name]), Elements(later[name]));
            var whole = name == "messages" ? Math.Max(0, old.Count - 1) : old.Count;
            for (var i = 0; i < whole; i++)
                if (i >= now.Count || !JsonNode.DeepEquals(Canonical(old[i]), Canonical(now[i])))
                    return $"{name}[{i}]";
            // Something new in front of the messages moves them.
            if (name != "messages" && now.Count > old.Count)
                return $"{name}[{old.Count}]";
        }

        return null;
    }

    private static IReadOnlyList<JsonNode?> Elements(JsonNode? node) => node switch
    {
        JsonArray array => [.. array],
        null => [],
        _ => [node],
    };

    private static JsonNode? Canonical(JsonNode? node)
    {
        if (node is JsonValue && MessageAssembler.Text(node) is { } text)
            return TextBlock(text);
        if (node?.DeepClone() is not JsonObject element)
            return node;
        element.Remove("cache_control");
        if (element["content"] is { } content)
            element["content"] = new JsonArray([.. Elements(content).Select(block => Canonical(block)?.DeepClone())]);
        return element;
    }

    private static JsonObject TextBlock(string text) => new() { ["type"] = "text", ["text"] = text };
}
