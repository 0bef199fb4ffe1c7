using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nexus.Web.Conversations.Comparing;

/// <summary>An element of a request body's <c>tools</c>, <c>system</c> or <c>messages</c>: the order in which the prompt cache sees them.</summary>
/// <param name="Kind"><c>tools</c>, <c>system</c> or <c>messages</c>.</param>
/// <param name="Index">In that array.</param>
/// <param name="Title">A tool's name, a message's role.</param>
/// <param name="Text">Without cache marks, and with a string in the place of one text block written as the block: two parts with the same text are the same to the model.</param>
public sealed record BodyPart(string Kind, int Index, string Title, string Text, IReadOnlyList<CacheMark> Marks)
{
    public string Name => $"{Kind}[{Index}]";
}

/// <param name="Where">The part, and the block in it.</param>
/// <param name="Ttl"><c>5m</c> where nothing is said.</param>
public sealed record CacheMark(string Where, string Ttl);

/// <summary>Takes a request body apart for comparing.</summary>
internal static class BodyParts
{
    private const string Mark = "cache_control";

    public static IReadOnlyList<BodyPart> Of(JsonObject body) =>
        [.. Elements(body, "tools"), .. Elements(body, "system"), .. Elements(body, "messages")];

    /// <summary>What is said beside the parts, by name, as JSON.</summary>
    public static IReadOnlyDictionary<string, string> Settings(JsonObject body) =>
        body.Where(pair => pair.Key is not ("tools" or "system" or "messages")).ToDictionary(pair => pair.Key, pair => pair.Value?.ToJsonString() ?? "null", StringComparer.Ordinal);

    private static IEnumerable<BodyPart> Elements(JsonObject body, string kind)
    {
        // A system prompt may be a plain text.
        var elements = body[kind] switch { JsonArray array => array.ToList(), null => [], var one => [one] };
        for (var i = 0; i < elements.Count; i++)
            yield return One(kind, i, elements[i]);
    }

    private static BodyPart One(string kind, int index, JsonNode? element)
    {
        var marks = new List<CacheMark>();
        var part = element?.DeepClone();
        if (part is JsonValue text && kind == "system")
            part = Block(text.GetValue<string>());
        if (part is JsonObject message && message["content"] is JsonValue content && content.GetValueKind() == JsonValueKind.String)
            message["content"] = new JsonArray(Block(content.GetValue<string>()));
        Unmark(part, $"{kind}[{index}]", marks);
        var title = kind switch { "tools" => Text(part, "name") ?? Text(part, "type"), "messages" => Text(part, "role"), _ => "text" };
        return new(kind, index, title ?? "unknown", part?.ToJsonString() ?? "null", marks);
    }

    private static JsonObject Block(string text) => new() { ["type"] = "text", ["text"] = text };

    private static string? Text(JsonNode? node, string name) => (node as JsonObject)?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static void Unmark(JsonNode? node, string where, List<CacheMark> marks)
    {
        if (node is JsonArray array)
        {
            for (var i = 0; i < array.Count; i++)
                Unmark(array[i], $"{where}[{i}]", marks);
            return;
        }

        if (node is not JsonObject parent)
            return;
        if (parent.Remove(Mark, out var mark) && mark is JsonObject)
            marks.Add(new(where, Text(mark, "ttl") ?? "5m"));
        // Marks stand on parts and on blocks of content, also inside a tool's result; an input is the model's own.
        if (parent["content"] is { } content)
            Unmark(content, where, marks);
    }
}
