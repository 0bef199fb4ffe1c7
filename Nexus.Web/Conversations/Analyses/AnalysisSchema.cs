using System.Text.Json.Nodes;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>What an analysis consists of (spec §8.1): sent to the model as its tool's input, and what its answer is checked by.</summary>
internal static class AnalysisSchema
{
    public const string Tool = "record_analysis";

    private const string Text = """
        {
          "type": "object", "additionalProperties": false,
          "required": ["summary", "keyTopics", "sentiment", "userIntent", "outcomes", "actionItems", "promptingTips", "interactionPatterns", "technicalDetails", "conversationQuality"],
          "properties": {
            "summary": {"type": "string", "minLength": 1, "description": "Two to four sentences: what was wanted, what was done, how it ended."},
            "keyTopics": {"type": "array", "minItems": 1, "maxItems": 12, "items": {"type": "string", "minLength": 1}, "description": "Three to five topics."},
            "sentiment": {"type": "string", "enum": ["positive", "neutral", "negative", "mixed"], "description": "Of the person, not of the assistant."},
            "userIntent": {"type": "string", "minLength": 1, "description": "What the person wanted to achieve."},
            "outcomes": {"type": "array", "maxItems": 20, "items": {"type": "string", "minLength": 1}, "description": "What was reached, decided or left open."},
            "actionItems": {"type": "array", "maxItems": 20, "description": "What remains to be done. At least two of the type prompt_improvement.", "items": {
              "type": "object", "additionalProperties": false, "required": ["type", "description"], "properties": {
                "type": {"type": "string", "enum": ["task", "prompt_improvement", "follow_up"]},
                "description": {"type": "string", "minLength": 1},
                "priority": {"type": "string", "enum": ["high", "medium", "low"]}}}},
            "promptingTips": {"type": "array", "maxItems": 20, "description": "At least three, each about something that happened in this conversation.", "items": {
              "type": "object", "additionalProperties": false, "required": ["category", "issue", "suggestion"], "properties": {
                "category": {"type": "string", "enum": ["clarity", "context", "structure", "specificity", "efficiency"]},
                "issue": {"type": "string", "minLength": 1},
                "suggestion": {"type": "string", "minLength": 1},
                "example": {"type": "string", "description": "How the prompt could have been written."}}}},
            "interactionPatterns": {
              "type": "object", "additionalProperties": false, "required": ["promptClarity", "contextCompleteness", "followUpEffectiveness", "commonIssues", "strengths"], "properties": {
                "promptClarity": {"type": "number", "minimum": 0, "maximum": 10},
                "contextCompleteness": {"type": "number", "minimum": 0, "maximum": 10},
                "followUpEffectiveness": {"type": "string", "enum": ["excellent", "good", "needs_improvement"]},
                "commonIssues": {"type": "array", "maxItems": 20, "items": {"type": "string", "minLength": 1}},
                "strengths": {"type": "array", "maxItems": 20, "items": {"type": "string", "minLength": 1}}}},
            "technicalDetails": {
              "type": "object", "additionalProperties": false, "required": ["frameworks", "issues", "solutions"], "properties": {
                "frameworks": {"type": "array", "maxItems": 40, "items": {"type": "string", "minLength": 1}, "description": "Languages, frameworks and tools that were worked with."},
                "issues": {"type": "array", "maxItems": 20, "items": {"type": "string", "minLength": 1}},
                "solutions": {"type": "array", "maxItems": 20, "items": {"type": "string", "minLength": 1}},
                "toolUsageEfficiency": {"type": "string", "enum": ["optimal", "good", "could_improve"]},
                "contextWindowManagement": {"type": "string", "enum": ["efficient", "acceptable", "wasteful"]}}},
            "conversationQuality": {
              "type": "object", "additionalProperties": false, "required": ["clarity", "completeness", "effectiveness"], "properties": {
                "clarity": {"type": "string", "enum": ["high", "medium", "low"]},
                "clarityImprovement": {"type": "string"},
                "completeness": {"type": "string", "enum": ["complete", "partial", "incomplete"]},
                "completenessImprovement": {"type": "string"},
                "effectiveness": {"type": "string", "enum": ["highly effective", "effective", "needs improvement"]},
                "effectivenessImprovement": {"type": "string"}}}
          }
        }
        """;

    private static readonly JsonObject Schema = JsonNode.Parse(Text)!.AsObject();

    /// <summary>A copy of its own for whoever puts it into a request.</summary>
    public static JsonObject New() => Schema.DeepClone().AsObject();

    /// <summary>What is wrong with an answer, in words that a model understands; empty when it fits.</summary>
    public static IReadOnlyList<string> Problems(JsonNode? answer) => SchemaCheck.Problems(answer, Schema);
}
