using System.Text.Json.Nodes;

namespace Nexus.Bench.Upstream;

/// <summary>One block of an answer's content: text, thinking, or a tool call with its input.</summary>
internal sealed record Block(string Type, string Text = "", string? ToolId = null, string? ToolName = null, JsonNode? Input = null)
{
    public static Block Says(string text) => new("text", text);

    public static Block Thinks(string text) => new("thinking", text);

    public static Block Calls(string name, JsonNode input, string? id = null) => new("tool_use", ToolId: id ?? Ids.New("toolu_01"), ToolName: name, Input: input);

    /// <summary>As it stands in a message, whole.</summary>
    public JsonObject ToJson() => Type switch
    {
        "thinking" => new() { ["type"] = Type, ["thinking"] = Text, ["signature"] = Signature() },
        "tool_use" => new() { ["type"] = Type, ["id"] = ToolId, ["name"] = ToolName, ["input"] = Input!.DeepClone() },
        _ => new() { ["type"] = Type, ["text"] = Text },
    };

    /// <summary>Opaque to clients, as the real one; the same for the same text.</summary>
    public string Signature() => Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Text)));
}

/// <summary>Tokens by class, as <c>usage</c> reports them.</summary>
internal sealed record Tokens(int Input, int Output, int CacheRead = 0, int CacheWrite5m = 0, int CacheWrite1h = 0);

/// <summary>What goes wrong, and after how many events of a stream (or before the body of a JSON answer).</summary>
internal enum Fault
{
    None,

    /// <summary>The connection ends where no answer ends.</summary>
    Cut,

    /// <summary>Nothing comes any more, until the caller leaves.</summary>
    Stall,

    /// <summary>An <c>error</c> event.</summary>
    ErrorEvent,
}

/// <summary>How one request is answered.</summary>
/// <param name="Status">Anything but 200 answers with Anthropic's error envelope.</param>
/// <param name="First">Before the first event or the JSON body.</param>
/// <param name="Gap">Before each further event.</param>
/// <param name="FaultAt">Events that go out before <paramref name="Fault"/>.</param>
internal sealed record Plan(
    string Model,
    IReadOnlyList<Block> Blocks,
    string StopReason,
    Tokens Tokens,
    int Status = 200,
    string ErrorType = "api_error",
    string ErrorMessage = "",
    int? RetryAfter = null,
    TimeSpan First = default,
    TimeSpan Gap = default,
    Fault Fault = Fault.None,
    int FaultAt = 0)
{
    public string MessageId { get; init; } = Ids.New("msg_01");
}
