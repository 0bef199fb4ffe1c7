using System.Text.Json.Nodes;
using Nexus.Web.Capture;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Pages.Shared;

/// <summary>A piece of a message as it is shown.</summary>
/// <param name="Kind">Anthropic's block type; the two kinds of tool blocks are told by their endings.</param>
/// <param name="Label">Of what is folded: a tool's name, an id.</param>
/// <param name="Text">What it says; JSON for what is no text; a data URI for an image.</param>
/// <param name="Preview">One line that is seen while it is folded.</param>
/// <param name="Parts">Of a tool's result: the blocks inside.</param>
public sealed record ContentBlock(string Kind, string? Label, string Text, string? Preview = null, bool Failed = false, IReadOnlyList<ContentBlock>? Parts = null)
{
    private const int LongestPreview = 120;
    private static readonly HashSet<string> Images = ["image/png", "image/jpeg", "image/gif", "image/webp"];

    /// <summary>The inputs that say best what a tool was called for, in this order; else the first text among them.</summary>
    private static readonly string[] Telling = ["command", "file_path", "path", "pattern", "query", "url", "description", "prompt"];

    internal static IReadOnlyList<ContentBlock> Of(JsonNode? content) => content switch
    {
        JsonArray blocks => [.. blocks.Select(One)],
        JsonValue value => [new("text", null, PrettyJson.Cut(MessageAssembler.Text(value) ?? ""))],
        null => [],
        _ => [One(content)],
    };

    private static ContentBlock One(JsonNode? block)
    {
        var kind = MessageAssembler.Text(block, "type") ?? "unknown";
        return kind switch
        {
            "text" => new(kind, null, PrettyJson.Cut(MessageAssembler.Text(block, "text") ?? "")),
            "thinking" when MessageAssembler.Text(block, "thinking") is { Length: > 0 } thinking => new(kind, "Thinking", PrettyJson.Cut(thinking), Line(thinking)),
            "thinking" or "redacted_thinking" => new("thinking", "Thinking, not shown by the model", ""),
            "image" when Image(block) is { } uri => new(kind, null, uri),
            _ when kind.EndsWith("tool_use", StringComparison.Ordinal) => ToolUse(block, kind),
            _ when kind.EndsWith("tool_result", StringComparison.Ordinal) => ToolResult(block, kind),
            "image" => new("image elsewhere", "Image, not kept here", PrettyJson.Of(block)),
            _ => new(kind, Display.Words(kind), PrettyJson.Of(block), MessageAssembler.Text(block, "title")),
        };
    }

    private static ContentBlock ToolUse(JsonNode? block, string kind)
    {
        var input = (block as JsonObject)?["input"] as JsonObject;
        var telling = Telling.Select(name => MessageAssembler.Text(input, name)).FirstOrDefault(text => text is not null)
            ?? input?.Select(pair => MessageAssembler.Text(pair.Value)).FirstOrDefault(text => text is not null);
        return new(kind, MessageAssembler.Text(block, "name") ?? "tool", PrettyJson.Of((block as JsonObject)?["input"]), telling is null ? null : Line(telling), Parts: Edits(input));
    }

    /// <summary>What an editing tool changes, as it would be seen in a diff; null for other tools.</summary>
    private static List<ContentBlock>? Edits(JsonObject? input)
    {
        var edits = (input?["edits"] as JsonArray)?.OfType<JsonObject>().ToList() ?? (input is null ? [] : [input]);
        var diffs = edits.Where(edit => edit["old_string"] is JsonValue && edit["new_string"] is JsonValue)
            .Select(edit => new ContentBlock("diff", null, PrettyJson.Cut(LineDiff.Of(MessageAssembler.Text(edit, "old_string") ?? "", MessageAssembler.Text(edit, "new_string") ?? "")))).ToList();
        return diffs.Count == 0 ? null : diffs;
    }

    private static ContentBlock ToolResult(JsonNode? block, string kind)
    {
        var content = (block as JsonObject)?["content"];
        var failed = (block as JsonObject)?["is_error"] is JsonValue error && error.TryGetValue<bool>(out var yes) && yes;
        // What a tool prints is no markdown: its text is shown as it is.
        var parts = Of(content).Select(part => part.Kind == "text" ? part with { Kind = "output" } : part).ToList();
        return new(kind, failed ? "Result, failed" : "Result", "", parts.FirstOrDefault(part => part.Kind == "output") is { } first ? Line(first.Text) : null, failed, parts);
    }

    private static string? Image(JsonNode? block)
    {
        var source = (block as JsonObject)?["source"];
        var type = MessageAssembler.Text(source, "media_type") ?? "";
        return Images.Contains(type) && MessageAssembler.Text(source, "data") is { } data ? $"data:{type};base64,{data}" : null;
    }

    private static string Line(string text)
    {
        var trimmed = text.AsSpan().Trim();
        var end = trimmed.IndexOfAny('\r', '\n');
        var line = end < 0 ? trimmed : trimmed[..end];
        return line.Length <= LongestPreview ? line.ToString() : string.Concat(line[..LongestPreview], "…");
    }
}
