using System.Text;
using System.Text.Json.Nodes;
using Nexus.Web.Capture;

namespace Nexus.Web.Tests.Capture;

/// <summary>Reads a request's facts through JSON's document model: slow, and what <see cref="RequestFacts"/> is held against.</summary>
internal static class DocumentFacts
{
    public static RequestFacts Of(StartMetadata start, ReadOnlySpan<byte> body)
    {
        var json = body.IsEmpty ? null : MessageAssembler.Parse(body) as JsonObject;
        var agent = Header(start, "x-claude-code-agent-id");
        var client = Header(start, "user-agent")?.Split(' ', 2)[0];
        var session = Header(start, "x-claude-code-session-id") ?? SessionOf(json);
        var lane = start.Path switch
        {
            "/v1/messages" => LaneOf(json, agent),
            "/v1/messages/count_tokens" => "count",
            _ => "other",
        };
        var messages = json?["messages"] as JsonArray;
        return new(
            MessageAssembler.Text(json, "model") ?? start.Model,
            json?["stream"] is JsonValue stream && stream.TryGetValue<bool>(out var on) && on,
            start.Path == "/v1/messages" ? TypeOf(json) : null,
            lane,
            messages?.Count ?? 0,
            session,
            agent,
            Header(start, "x-claude-code-parent-agent-id"),
            client is "" ? null : client);
    }

    private static string TypeOf(JsonObject? json)
    {
        var tools = json?["tools"] as JsonArray;
        if (tools is not { Count: > 0 } && SystemText(json, " ").Contains("Extract any file paths that this command reads or modifies", StringComparison.Ordinal))
            return "internal_operation";
        if (LastUserText(json).Trim().Equals("quota", StringComparison.OrdinalIgnoreCase))
            return "quota";
        var system = json?["system"] switch { JsonArray blocks => blocks.Count, null => 0, JsonValue value when MessageAssembler.Text(value) is "" => 0, _ => 1 };
        var inMessages = (json?["messages"] as JsonArray)?.Count(message => MessageAssembler.Text(message, "role") == "system") ?? 0;
        return system + inMessages <= 1 ? "query_evaluation" : "inference";
    }

    private static string LaneOf(JsonObject? json, string? agent)
    {
        if (agent is not null)
            return "subagent";
        if (json is null)
            return "other";
        var tools = json["tools"] as JsonArray;
        var last = LastUserText(json);
        if (json["stop_sequences"] is JsonArray stops && stops.Any(stop => MessageAssembler.Text(stop) == "</severity>"))
            return "classifier";
        if (tools is { Count: 1 } && MessageAssembler.Text(tools[0], "type")?.StartsWith("web_search", StringComparison.Ordinal) == true && last.StartsWith("Perform a web search for the query:", StringComparison.Ordinal))
            return "web_search";
        if (tools is null or { Count: 0 } && Child(Child(Child(Child(json["output_config"], "format"), "schema"), "properties"), "title") is not null)
            return "title";
        // Claude Code appends these to a last user message that has blocks already (tool results, a command's output).
        var appended = LastUserContent(json) is JsonArray blocks ? blocks.Select(block => MessageAssembler.Text(block, "text")).LastOrDefault(text => text is not null) ?? "" : last;
        if (appended.StartsWith("<system-reminder>This is a side question", StringComparison.Ordinal))
            return "side_question";
        return appended.StartsWith("CRITICAL: Respond with TEXT ONLY", StringComparison.Ordinal) ? "compaction" : "main";
    }

    /// <summary>The text of the last user message, its blocks joined by line feeds.</summary>
    private static string LastUserText(JsonObject? json) => Texts(LastUserContent(json), "\n");

    private static JsonNode? LastUserContent(JsonObject? json) =>
        ((json?["messages"] as JsonArray)?.LastOrDefault(message => MessageAssembler.Text(message, "role") == "user") as JsonObject)?["content"];

    private static string SystemText(JsonObject? json, string separator) => Texts(json?["system"], separator);

    private static string Texts(JsonNode? content, string separator)
    {
        if (content is not JsonArray blocks)
            return MessageAssembler.Text(content) ?? "";
        var text = new StringBuilder();
        foreach (var block in blocks)
            if (MessageAssembler.Text(block, "text") is { } piece)
                text.Append(text.Length > 0 ? separator : "").Append(piece);

        return text.ToString();
    }

    private static string? SessionOf(JsonObject? json)
    {
        if (MessageAssembler.Text(json?["metadata"], "user_id") is not { } user || !user.StartsWith('{'))
            return null;
        return MessageAssembler.Text(MessageAssembler.Parse(Encoding.UTF8.GetBytes(user)), "session_id");
    }

    private static JsonNode? Child(JsonNode? node, string name) => (node as JsonObject)?[name];

    private static string? Header(StartMetadata start, string name) => start.Headers.Find(name) is { Length: > 0 } value ? value : null;
}
