using System.Text.Json.Nodes;

namespace Nexus.Bench.Demo;

/// <summary>System prompt and tools, much shorter than the real client's.</summary>
internal static class CodeClient
{
    private static readonly (string Name, string Description, string[] Inputs)[] All =
    [
        ("Agent", "Starts a subagent that works on a task by itself and reports back.", ["description", "prompt", "subagent_type"]),
        ("Bash", "Runs a command in a shell that stays open, and returns its output.", ["command", "description"]),
        ("Edit", "Replaces an exact piece of text in a file.", ["file_path", "old_string", "new_string"]),
        ("Glob", "Finds files by a pattern of their names.", ["pattern", "path"]),
        ("Grep", "Searches the contents of files by a regular expression.", ["pattern", "path", "output_mode"]),
        ("Read", "Reads a file, with line numbers.", ["file_path"]),
        ("Write", "Writes a file.", ["file_path", "content"]),
    ];

    public static JsonArray System(bool subagent)
    {
        var kind = subagent ? " cc_is_subagent=true;" : "";
        return
        [
            Text($"x-anthropic-billing-header: cc_version=2.1.330.c8b; cc_entrypoint=cli;{kind}"),
            Text("You are Claude Code, Anthropic's official CLI for Claude.", cached: true),
            Text("""
                You help with software engineering in the user's working directory. Read before you change, keep changes small, and
                run what proves them. Say what you found and what you did in plain words; reference code as file:line.

                # Environment
                Platform: linux
                Shell: bash
                Today's date: 2026-11-24
                Is a git repository: yes
                Current branch: main
                """, cached: true),
        ];
    }

    /// <summary>A subagent only reads, and starts no others.</summary>
    public static JsonArray Tools(bool subagent) => [.. All.Where(tool => !subagent || tool.Name is "Bash" or "Glob" or "Grep" or "Read").Select(tool => Tool(tool.Name, tool.Description, tool.Inputs))];

    private static JsonObject Tool(string name, string description, string[] inputs) => new()
    {
        ["name"] = name,
        ["description"] = description,
        ["input_schema"] = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(inputs.Select(input => KeyValuePair.Create<string, JsonNode?>(input, new JsonObject { ["type"] = "string" }))),
            ["required"] = new JsonArray([.. inputs.Take(1).Select(input => JsonValue.Create(input))]),
            ["additionalProperties"] = false,
        },
    };

    private static JsonObject Text(string text, bool cached = false)
    {
        var block = new JsonObject { ["type"] = "text", ["text"] = text };
        if (cached)
            block["cache_control"] = CodeSession.Ephemeral();
        return block;
    }
}
