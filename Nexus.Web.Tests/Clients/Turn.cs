using System.Text.Json.Nodes;

namespace Nexus.Web.Tests.Clients;

internal enum Ending
{
    Whole,

    /// <summary>An <c>error</c> event in the middle of the stream, then a clean end.</summary>
    ErrorEvent,

    /// <summary>The connection is cut in the middle of the stream.</summary>
    Cut,

    /// <summary>The stream falls silent in its middle, until the client has had enough.</summary>
    Stall,

    /// <summary>The connection is cut before any header.</summary>
    CutBeforeHeaders,
}

/// <summary>What the scripted model answers: the content blocks, in Anthropic's shapes.</summary>
internal sealed record Turn(params JsonObject[] Blocks)
{
    public string StopReason { get; init; } = "end_turn";

    public Ending Ending { get; init; }

    public bool Gzip { get; init; }

    public static Turn Says(string text) => new(Text(text));

    public static Turn Uses(string id, string tool, JsonObject input) =>
        new(Text("I shall use a tool."), new JsonObject { ["type"] = "tool_use", ["id"] = id, ["name"] = tool, ["input"] = input }) { StopReason = "tool_use" };

    /// <summary>Two calls that say the same, in one answer.</summary>
    public static Turn UsesTwice(string id, string tool, Func<JsonObject> input) => new(
        [Text("I shall use it twice."), .. new[] { "a", "b" }.Select(which => new JsonObject { ["type"] = "tool_use", ["id"] = id + which, ["name"] = tool, ["input"] = input() })])
    { StopReason = "tool_use" };

    public static JsonObject Text(string text) => new() { ["type"] = "text", ["text"] = text };
}

/// <summary>An error that the upstream answers in its envelope.</summary>
internal sealed record Failure(int Status, string Type, string Message, int? RetryAfterSeconds = null);
