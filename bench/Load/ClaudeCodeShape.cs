using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Nexus.Bench.Upstream;

namespace Nexus.Bench.Load;

/// <summary>What of a Claude Code request is the same in every turn: about 50 KB of system prompt and tools (wire contract, part 2 §2).</summary>
internal static class ClaudeCodeShape
{
    private static readonly string[] ToolNames = ["Agent", "Bash", "Edit", "Glob", "Grep", "NotebookEdit", "Read", "Skill", "TaskCreate", "WebFetch", "WebSearch", "Write"];
    private static readonly byte[] SystemAndTools = MakeSystemAndTools();

    /// <summary>The body from the end of its messages on.</summary>
    public static void WriteRest(IBufferWriter<byte> into, string session)
    {
        into.Write("],"u8);
        into.Write(SystemAndTools);
        into.Write(Encoding.ASCII.GetBytes(
            $$$""","metadata":{"user_id":"{\"device_id\":\"7f3a52c1d09b4e6f8a21c35d7e90b1f4\",\"account_uuid\":\"\",\"session_id\":\"{{{session}}}\"}"},"max_tokens":32000,"thinking":{"type":"adaptive","display":"omitted"},"context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]},"output_config":{"effort":"medium"},"stream":true}"""));
    }

    /// <summary>The first user message, as it stands in the history and as it is sent last.</summary>
    public static (byte[] Plain, byte[] Cached) FirstMessage(ulong seed)
    {
        var block = $$"""{"type":"text","text":"<system-reminder>\nContents of CLAUDE.md:\n{{Encoding.ASCII.GetString(Corpus.Slice(1, 4000))}}</system-reminder>"},{"type":"text","text":"{{Encoding.ASCII.GetString(Corpus.Slice(seed, 600))}}""";
        return (Encoding.ASCII.GetBytes($$$"""{"role":"user","content":[{{{block}}}"}]}"""),
            Encoding.ASCII.GetBytes($$$"""{"role":"user","content":[{{{block}}}","cache_control":{"type":"ephemeral"}}]}"""));
    }

    private static byte[] MakeSystemAndTools()
    {
        var body = new JsonObject
        {
            ["system"] = new JsonArray(
                Text("x-anthropic-billing-header: cc_version=2.1.330.c8b; cc_entrypoint=cli;"),
                Text("You are Claude Code, Anthropic's official CLI for Claude.", cached: true),
                Text(Prose(2, 13_000), cached: true)),
            ["tools"] = new JsonArray([.. ToolNames.Select((name, i) => Tool(name, (ulong)i + 3))]),
        };
        return Encoding.UTF8.GetBytes(body.ToJsonString()[1..^1]);
    }

    private static JsonObject Text(string text, bool cached = false)
    {
        var block = new JsonObject { ["type"] = "text", ["text"] = text };
        if (cached)
            block["cache_control"] = new JsonObject { ["type"] = "ephemeral" };
        return block;
    }

    private static JsonObject Tool(string name, ulong seed) => new()
    {
        ["name"] = name,
        ["description"] = Prose(seed, 2_600),
        ["input_schema"] = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["command"] = new JsonObject { ["description"] = Prose(seed + 100, 120), ["type"] = "string" },
                ["timeout"] = new JsonObject { ["description"] = Prose(seed + 200, 80), ["type"] = "number" },
            },
            ["required"] = new JsonArray("command"),
            ["additionalProperties"] = false,
        },
    };

    private static string Prose(ulong seed, int length) => Encoding.ASCII.GetString(Corpus.Slice(seed, length)).Replace("\\n", "\n", StringComparison.Ordinal);
}
