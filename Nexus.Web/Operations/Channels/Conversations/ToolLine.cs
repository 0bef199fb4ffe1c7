using System.Text.Json.Nodes;
using Nexus.Web.Capture;

namespace Nexus.Web.Operations.Channels.Conversations;

/// <summary>What a tool was called for, in a few words (spec §8.2).</summary>
internal static class ToolLine
{
    public static string Of(JsonObject use)
    {
        var name = MessageAssembler.Text(use, "name") ?? "tool";
        return Detail(name, use["input"] as JsonObject ?? []) is { Length: > 0 } detail ? $"{name} - {detail}" : name;
    }

    private static string? Detail(string name, JsonObject input) => name switch
    {
        "Read" => "Reading file: " + LastTwo(Text(input, "file_path")),
        "Write" => "Writing file: " + LastTwo(Text(input, "file_path")),
        "Edit" or "MultiEdit" => "Editing file: " + LastTwo(Text(input, "file_path")),
        "Bash" => $"`{Cut(Text(input, "command"), 50)}`",
        "Grep" => Cut(Text(input, "pattern"), 30),
        "Glob" => Cut(Text(input, "pattern"), 40),
        "LS" => LastTwo(Text(input, "path")),
        "TodoWrite" => Todos(input["todos"] as JsonArray),
        "TodoRead" => "Checking task list",
        "WebSearch" => Cut(Text(input, "query"), 40),
        "WebFetch" => Uri.TryCreate(Text(input, "url"), UriKind.Absolute, out var url) ? url.Host : null,
        _ => Cut(Text(input, "prompt") is { Length: > 0 } prompt ? prompt : Text(input, "description"), 40),
    };

    private static string Todos(JsonArray? todos)
    {
        int Count(string status) => todos!.Count(todo => MessageAssembler.Text(todo, "status") == status);
        return todos is null ? "Managing tasks" : todos.All(todo => MessageAssembler.Text(todo, "status") is "pending" or "in_progress" or "completed")
            ? $"{Count("pending")} pending, {Count("in_progress")} in progress, {Count("completed")} completed" : $"Managing {todos.Count} tasks";
    }

    private static string Text(JsonObject input, string name) => MessageAssembler.Text(input, name) ?? "";

    private static string LastTwo(string path) => string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries).TakeLast(2));

    private static string Cut(string text, int most)
    {
        text = text.ReplaceLineEndings(" ");
        return text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)] + "…";
    }
}
