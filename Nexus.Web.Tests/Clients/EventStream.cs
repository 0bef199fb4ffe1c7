using System.Text.Json.Nodes;

namespace Nexus.Web.Tests.Clients;

/// <summary>A turn as Anthropic streams it.</summary>
internal static class EventStream
{
    /// <param name="start">The message as it begins: no content, no stop reason.</param>
    public static IEnumerable<string> Of(JsonObject start, Turn turn, int outputTokens)
    {
        yield return Event(new() { ["type"] = "message_start", ["message"] = start });
        for (var index = 0; index < turn.Blocks.Length; index++)
        {
            var (opened, deltas) = Open(turn.Blocks[index]);
            yield return Event(new() { ["type"] = "content_block_start", ["index"] = index, ["content_block"] = opened });
            yield return Event(new() { ["type"] = "ping" });
            foreach (var delta in deltas)
                yield return Event(new() { ["type"] = "content_block_delta", ["index"] = index, ["delta"] = delta });
            yield return Event(new() { ["type"] = "content_block_stop", ["index"] = index });
        }

        yield return Event(new()
        {
            ["type"] = "message_delta",
            ["delta"] = new JsonObject { ["stop_reason"] = turn.StopReason, ["stop_sequence"] = null },
            ["usage"] = new JsonObject { ["output_tokens"] = outputTokens },
        });
        yield return Event(new() { ["type"] = "message_stop" });
    }

    public static string Error(JsonObject body) => Event(body);

    private static (JsonObject Opened, IEnumerable<JsonObject> Deltas) Open(JsonObject block)
    {
        string Value(string name) => block[name]!.GetValue<string>();
        return Value("type") switch
        {
            "text" => (Turn.Text(""), Pieces(Value("text")).Select(piece => new JsonObject { ["type"] = "text_delta", ["text"] = piece })),
            "thinking" => (new() { ["type"] = "thinking", ["thinking"] = "", ["signature"] = "" },
                Pieces(Value("thinking")).Select(piece => new JsonObject { ["type"] = "thinking_delta", ["thinking"] = piece })
                    .Append(new() { ["type"] = "signature_delta", ["signature"] = Value("signature") })),
            "tool_use" => (new() { ["type"] = "tool_use", ["id"] = Value("id"), ["name"] = Value("name"), ["input"] = new JsonObject() },
                Pieces(block["input"]!.ToJsonString()).Select(piece => new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = piece })),
            var type => throw new InvalidOperationException($"The script has no stream for blocks of type {type}."),
        };
    }

    private static IEnumerable<string> Pieces(string text) => text.Chunk(7).Select(piece => new string(piece));

    private static string Event(JsonObject data) => $"event: {data["type"]!.GetValue<string>()}\ndata: {data.ToJsonString()}\n\n";
}
