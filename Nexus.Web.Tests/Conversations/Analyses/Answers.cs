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

    public static byte[] Error(string type) => Encoding.UTF8.GetBytes($$$"""{"type":"error","error":{"type":"{{{type}}}","message":"Said by the upstream."}}""");
}
