using System.Text;
using System.Text.Json.Nodes;

namespace Nexus.Web.Tests.Conversations.Analyses;

/// <summary>What a model answers to the request for an analysis.</summary>
internal static class Answers
{
    public const string Analysis = """
        {"summary":"A failing test was looked into and mended.","keyTopics":["tests","dates"],"sentiment":"positive","userIntent":"To have the test pass.",
         "outcomes":["The test passes."],
         "actionItems":[{"type":"task","description":"Run the whole suite."},{"type":"prompt_improvement","description":"Name the failing test.","priority":"high"}],
         "promptingTips":[{"category":"specificity","issue":"The first message named no file.","suggestion":"Name it.","example":"Why does DateTests.Leap fail?"}],
         "interactionPatterns":{"promptClarity":6.5,"contextCompleteness":7,"followUpEffectiveness":"good","commonIssues":["Vague start"],"strengths":["Quick answers"]},
         "technicalDetails":{"frameworks":["C#"],"issues":["Leap day"],"solutions":["Use DateOnly"],"toolUsageEfficiency":"good","contextWindowManagement":"efficient"},
         "conversationQuality":{"clarity":"medium","clarityImprovement":"Say which test.","completeness":"complete","effectiveness":"effective"}}
        """;

    /// <summary>A message that calls the tool with the input.</summary>
    public static byte[] Message(string input = Analysis) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["id"] = "msg_a",
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = "claude-opus-4-6",
        ["content"] = new JsonArray(new JsonObject { ["type"] = "tool_use", ["id"] = "toolu_a", ["name"] = "record_analysis", ["input"] = JsonNode.Parse(input) }),
        ["stop_reason"] = "tool_use",
        ["usage"] = new JsonObject { ["input_tokens"] = 10_000, ["output_tokens"] = 2_000 },
    }.ToJsonString());

    /// <summary>The same message as the events of a stream.</summary>
    public static string[] Stream(string input = Analysis)
    {
        var half = input.Length / 2;
        return
        [
            Event("message_start", new() { ["message"] = new JsonObject { ["id"] = "msg_a", ["type"] = "message", ["role"] = "assistant", ["model"] = "claude-opus-4-6", ["content"] = new JsonArray(), ["stop_reason"] = null, ["usage"] = new JsonObject { ["input_tokens"] = 10_000, ["output_tokens"] = 1 } } }),
            Event("content_block_start", new() { ["index"] = 0, ["content_block"] = new JsonObject { ["type"] = "tool_use", ["id"] = "toolu_a", ["name"] = "record_analysis", ["input"] = new JsonObject() } }),
            Event("content_block_delta", new() { ["index"] = 0, ["delta"] = new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = input[..half] } }),
            Event("content_block_delta", new() { ["index"] = 0, ["delta"] = new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = input[half..] } }),
            Event("content_block_stop", new() { ["index"] = 0 }),
            Event("message_delta", new() { ["delta"] = new JsonObject { ["stop_reason"] = "tool_use" }, ["usage"] = new JsonObject { ["output_tokens"] = 2_000 } }),
            Event("message_stop", []),
        ];

        static string Event(string type, JsonObject data)
        {
            data.Insert(0, "type", type);
            return $"event: {type}\ndata: {data.ToJsonString()}\n\n";
        }
    }

    public static byte[] Error(string type) => Encoding.UTF8.GetBytes($$$"""{"type":"error","error":{"type":"{{{type}}}","message":"Said by the upstream."}}""");
}
