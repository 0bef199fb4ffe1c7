using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nexus.Bench.Upstream;

/// <summary>An answer as the API streams it: <c>message_start</c>, blocks by index in deltas, <c>message_delta</c>, <c>message_stop</c>.</summary>
internal static class EventStream
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Characters of a delta, about what a model emits at a time.</summary>
    private const int DeltaLength = 24;

    public static IReadOnlyList<byte[]> Events(Plan plan, int deltaLength = DeltaLength)
    {
        var events = new List<byte[]> { Event("message_start", new() { ["message"] = Start(plan) }) };
        for (var index = 0; index < plan.Blocks.Count; index++)
        {
            events.Add(Event("content_block_start", new() { ["index"] = index, ["content_block"] = Opening(plan.Blocks[index]) }));
            if (index == 0)
                events.Add(Event("ping", []));
            events.AddRange(Deltas(plan.Blocks[index], deltaLength).Select(delta => Event("content_block_delta", new() { ["index"] = index, ["delta"] = delta })));
            events.Add(Event("content_block_stop", new() { ["index"] = index }));
        }

        events.Add(Event("message_delta", new() { ["delta"] = new JsonObject { ["stop_reason"] = plan.StopReason, ["stop_sequence"] = null }, ["usage"] = JsonAnswer.Usage(plan.Tokens) }));
        events.Add(Event("message_stop", []));
        return events;
    }

    public static byte[] Event(string type, JsonObject data)
    {
        data.Insert(0, "type", type);
        return Encoding.UTF8.GetBytes($"event: {type}\ndata: {data.ToJsonString(Plain)}\n\n");
    }

    private static JsonObject Start(Plan plan)
    {
        var message = JsonAnswer.Message(plan);
        message["content"] = new JsonArray();
        message["stop_reason"] = null;
        message["usage"]!["output_tokens"] = 1;
        return message;
    }

    private static JsonObject Opening(Block block)
    {
        var opening = block.ToJson();
        switch (block.Type)
        {
            case "tool_use":
                opening["input"] = new JsonObject();
                break;
            case "thinking":
                opening["thinking"] = "";
                opening["signature"] = "";
                break;
            default:
                opening["text"] = "";
                break;
        }

        return opening;
    }

    private static IEnumerable<JsonObject> Deltas(Block block, int length)
    {
        switch (block.Type)
        {
            case "tool_use":
                foreach (var piece in Pieces(block.Input!.ToJsonString(Plain), length))
                    yield return new() { ["type"] = "input_json_delta", ["partial_json"] = piece };
                break;
            case "thinking":
                foreach (var piece in Pieces(block.Text, length))
                    yield return new() { ["type"] = "thinking_delta", ["thinking"] = piece };
                yield return new() { ["type"] = "signature_delta", ["signature"] = block.Signature() };
                break;
            default:
                foreach (var piece in Pieces(block.Text, length))
                    yield return new() { ["type"] = "text_delta", ["text"] = piece };
                break;
        }
    }

    /// <summary>Pieces that never end between the two halves of a character.</summary>
    private static IEnumerable<string> Pieces(string text, int length)
    {
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = Math.Min(start + length, text.Length);
            if (end < text.Length && char.IsHighSurrogate(text[end - 1]))
                end++;
            yield return text[start..end];
        }
    }
}
