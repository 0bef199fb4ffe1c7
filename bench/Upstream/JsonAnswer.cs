using System.Text.Json.Nodes;

namespace Nexus.Bench.Upstream;

/// <summary>Bodies that are not streamed.</summary>
internal static class JsonAnswer
{
    public static JsonObject Message(Plan plan) => new()
    {
        ["model"] = plan.Model,
        ["id"] = plan.MessageId,
        ["type"] = "message",
        ["role"] = "assistant",
        ["content"] = new JsonArray([.. plan.Blocks.Select(block => block.ToJson())]),
        ["stop_reason"] = plan.StopReason,
        ["stop_sequence"] = null,
        ["usage"] = Usage(plan.Tokens),
    };

    public static JsonObject Usage(Tokens tokens) => new()
    {
        ["input_tokens"] = tokens.Input,
        ["cache_creation_input_tokens"] = tokens.CacheWrite5m + tokens.CacheWrite1h,
        ["cache_read_input_tokens"] = tokens.CacheRead,
        ["cache_creation"] = new JsonObject { ["ephemeral_5m_input_tokens"] = tokens.CacheWrite5m, ["ephemeral_1h_input_tokens"] = tokens.CacheWrite1h },
        ["output_tokens"] = tokens.Output,
        ["service_tier"] = "standard",
    };

    public static JsonObject Error(string type, string message, string requestId) => new()
    {
        ["type"] = "error",
        ["error"] = new JsonObject { ["type"] = type, ["message"] = message },
        ["request_id"] = requestId,
    };
}
