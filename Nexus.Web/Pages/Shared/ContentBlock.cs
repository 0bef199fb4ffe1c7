using System.Text.Json.Nodes;
using Nexus.Web.Capture;

namespace Nexus.Web.Pages.Shared;

/// <summary>A piece of a message as it is shown.</summary>
/// <param name="Kind">Anthropic's block type.</param>
/// <param name="Label">Of what is folded: a tool's name, an id.</param>
/// <param name="Text">What it says; JSON for what is no text; a data URI for an image.</param>
public sealed record ContentBlock(string Kind, string? Label, string Text)
{
    /// <summary>Longer texts are cut on the page; the exact bytes are a link away.</summary>
    private const int Longest = 200_000;

    private static readonly HashSet<string> Images = ["image/png", "image/jpeg", "image/gif", "image/webp"];

    internal static IReadOnlyList<ContentBlock> Of(JsonNode? content) => content switch
    {
        JsonArray blocks => [.. blocks.Select(One)],
        JsonValue value => [new("text", null, Cut(MessageAssembler.Text(value) ?? ""))],
        null => [],
        _ => [One(content)],
    };

    private static ContentBlock One(JsonNode? block)
    {
        var kind = MessageAssembler.Text(block, "type") ?? "unknown";
        return kind switch
        {
            "text" => new(kind, null, Cut(MessageAssembler.Text(block, "text") ?? "")),
            "thinking" => new(kind, "Thinking", Cut(MessageAssembler.Text(block, "thinking") ?? "")),
            "tool_use" => new(kind, $"Tool call {MessageAssembler.Text(block, "name")}", Json((block as JsonObject)?["input"])),
            "tool_result" => new(kind, $"Tool result {MessageAssembler.Text(block, "tool_use_id")}", Json((block as JsonObject)?["content"])),
            "image" when Image(block) is { } uri => new(kind, null, uri),
            _ => new(kind, kind, Json(block)),
        };
    }

    private static string? Image(JsonNode? block)
    {
        var source = (block as JsonObject)?["source"];
        var type = MessageAssembler.Text(source, "media_type") ?? "";
        return Images.Contains(type) && MessageAssembler.Text(source, "data") is { } data ? $"data:{type};base64,{data}" : null;
    }

    private static string Json(JsonNode? node) => Cut(node switch
    {
        null => "",
        JsonValue value when MessageAssembler.Text(value) is { } text => text,
        _ => MessageAssembler.Serialize(node) is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : "This block holds text that is no Unicode; see the exact bytes.",
    });

    private static string Cut(string text) => text.Length <= Longest ? text : text[..Longest] + "\n… cut here; the exact bytes are linked below.";
}
