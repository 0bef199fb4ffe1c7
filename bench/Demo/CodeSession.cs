using System.Text.Json.Nodes;
using Nexus.Bench.Upstream;

namespace Nexus.Bench.Demo;

/// <summary>A session of Claude Code: its headers and bodies, shaped as the wire contract has them.</summary>
internal sealed class CodeSession(Person person, string model)
{
    private const string Haiku = "claude-haiku-4-5-20251001";

    /// <summary>Tokens of the system prompt and tools of the real client, which this one sends shortened.</summary>
    private const int Fixed = 14_200;

    private readonly string _id = Guid.NewGuid().ToString();

    /// <param name="agent">The subagent's id, null in the main loop.</param>
    public IEnumerable<(string Name, string Value)> Headers(string? agent = null)
    {
        yield return ("Accept", "application/json");
        yield return ("Authorization", "Bearer " + person.Token);
        yield return ("User-Agent", "claude-cli/2.1.330 (external, cli)");
        yield return ("X-Claude-Code-Session-Id", _id);
        yield return ("X-Stainless-Lang", "js");
        yield return ("X-Stainless-OS", "Linux");
        yield return ("X-Stainless-Retry-Count", "0");
        yield return ("X-Stainless-Runtime", "node");
        if (agent is not null)
            yield return ("x-claude-code-agent-id", agent);
        yield return ("anthropic-beta", "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,effort-2025-11-24");
        yield return ("anthropic-version", "2023-06-01");
        yield return ("x-app", "cli");
    }

    public JsonObject Turn(JsonArray messages, bool subagent)
    {
        var copy = (JsonArray)messages.DeepClone();
        // The prompt cache's mark stands on the last block and moves on with it.
        copy[^1]!["content"]!.AsArray()[^1]!["cache_control"] = Ephemeral();
        return new()
        {
            ["model"] = model,
            ["messages"] = copy,
            ["system"] = CodeClient.System(subagent),
            ["tools"] = CodeClient.Tools(subagent),
            ["metadata"] = Metadata(),
            ["max_tokens"] = 32000,
            ["thinking"] = new JsonObject { ["type"] = "adaptive", ["display"] = "updates" },
            ["output_config"] = new JsonObject { ["effort"] = "medium" },
            ["stream"] = true,
        };
    }

    public JsonObject Title(string prompt) => new()
    {
        ["model"] = Haiku,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = $"<session>\n{prompt}\n</session>" }),
        ["system"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = "Write a title of three to seven words for this coding session, in sentence case. Answer as JSON with the one field title." }),
        ["tools"] = new JsonArray(),
        ["metadata"] = Metadata(),
        ["max_tokens"] = 512,
        ["output_config"] = new JsonObject
        {
            ["format"] = new JsonObject
            {
                ["type"] = "json_schema",
                ["schema"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["title"] = new JsonObject { ["type"] = "string" } }, ["required"] = new JsonArray("title"), ["additionalProperties"] = false },
            },
        },
        ["stream"] = true,
    };

    public static Plan TitlePlan(string title) =>
        new(Haiku, [Block.Says(new JsonObject { ["title"] = title }.ToJsonString())], "end_turn", new(210, 16), First: Tempo.First(Haiku), Gap: Tempo.Gap(Haiku));

    public JsonObject Count(JsonArray messages) => new() { ["model"] = model, ["messages"] = messages.DeepClone(), ["tools"] = CodeClient.Tools(false) };

    /// <summary>The answer's plan; what of the conversation was there a turn before is read from the prompt cache.</summary>
    public Plan Plan(IReadOnlyList<Block> blocks, int conversationBytes, int cachedBytes)
    {
        var output = 12 + (blocks.Sum(block => block.Text.Length + (block.Input?.ToJsonString().Length ?? 0)) / 4);
        var first = cachedBytes == 0;
        return new(
            model,
            blocks,
            blocks.Any(block => block.Type == "tool_use") ? "tool_use" : "end_turn",
            new(Random.Shared.Next(3, 12), output, first ? 0 : Fixed + (cachedBytes / 4), ((conversationBytes - cachedBytes) / 4) + (first ? Fixed : 0)),
            First: Tempo.First(model),
            Gap: Tempo.Gap(model));
    }

    public static JsonObject Ephemeral() => new() { ["type"] = "ephemeral" };

    private JsonObject Metadata() => new()
    {
        ["user_id"] = new JsonObject { ["device_id"] = person.Device, ["account_uuid"] = "", ["session_id"] = _id }.ToJsonString(),
    };
}
