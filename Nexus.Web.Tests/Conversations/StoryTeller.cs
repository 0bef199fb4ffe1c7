using System.Text;
using System.Text.Json.Nodes;
using Nexus.Web.Capture;

namespace Nexus.Web.Tests.Conversations;

/// <summary>
/// Turns plots into requests, in the order in which they are sent. Histories are written as clients write them: reminders, system
/// messages and cache markers that come and go, a string or a block for a text, thinking that is sent back or left out.
/// </summary>
internal sealed class StoryTeller(bool sameOpenings)
{
    private const string Continued = "This session is being continued from a previous conversation that ran out of context. The conversation is summarized below:\n";
    private readonly List<Scene> _scenes = [];
    private DateTimeOffset _time = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private int _words;

    public static List<Scene> Tell(IReadOnlyList<Plot> plots, bool sameOpenings)
    {
        var teller = new StoryTeller(sameOpenings);
        for (var i = 0; i < plots.Count; i++)
            teller.Tell(plots[i], i);
        return teller._scenes;
    }

    private void Tell(Plot plot, int conversation)
    {
        var own = new List<Scene> { Scene(plot, conversation, null, "turn", [User(sameOpenings ? $"Opening {plot.Prompt}" : $"Opening {++_words}")], null, 0) };
        foreach (var step in plot.Steps)
        {
            var from = own[step.At % own.Count];
            if (from.Fails && step.Kind != 4)
                continue;
            switch (step.Kind)
            {
                case <= 3 when !from.IsSide:
                    own.Add(Scene(plot, conversation, from, "turn", [.. After(from), Reply(from)], from.Agent, step.Noise));
                    break;
                case 4 when from is { IsSide: false, AttemptOf: null } && own.TrueForAll(scene => scene.AttemptOf != from) && (plot.Session || from.Fails):
                    own.Add(Scene(plot, conversation, from.Parent, "retry", from.History, from.Agent, step.Noise, attemptOf: from));
                    break;
                case 5 when from is { IsSide: false, Agent: null }:
                    var question = Scene(plot, conversation, from, "question", [.. After(from), User($"<system-reminder>This is a side question {++_words}</system-reminder>")], null, step.Noise);
                    own.Add(question);
                    break;
                // Without a session, the same request once more is another conversation's: nothing could tell two such apart.
                case 6 when from is { IsSide: false, Agent: null } && (plot.Session || own.TrueForAll(scene => scene.Kind != "compaction" || scene.Parent != from.Node)):
                    var asked = Scene(plot, conversation, from, "compaction", [.. After(from), User("CRITICAL: Respond with TEXT ONLY. Summarise.")], null, step.Noise);
                    own.Add(asked);
                    var summary = asked.Answer[^1]!["text"]!.GetValue<string>();
                    own.Add(Scene(plot, conversation, asked, "compacted", [User(Continued + summary + "\nPlease continue the conversation from where we left it off.")], null, step.Noise));
                    break;
                case 7 or 8 when !from.IsSide && from.Answer.OfType<JsonObject>().Where(block => (string?)block["name"] is "Agent").ToList() is { Count: > 0 } launches && from.AttemptOf is null && own.TrueForAll(scene => scene.Parent != from || scene.Kind != "subagent"):
                    foreach (var launch in launches)
                        own.Add(Scene(plot, conversation, from, "subagent", [User(launch["input"]!["prompt"]!.GetValue<string>())], plot.Session ? $"a{++_words:x16}" : null, step.Noise));
                    break;
                default:
                    break;
            }
        }
    }

    private Scene Scene(Plot plot, int conversation, Scene? parent, string kind, IReadOnlyList<JsonObject> history, string? agent, int noise, Scene? attemptOf = null)
    {
        _time = _time.AddMilliseconds(1000);
        var headers = new List<HeaderLine>();
        if (plot.Session)
            headers.Add(new("x-claude-code-session-id", $"session-{conversation}"));
        if (agent is not null)
            headers.Add(new("x-claude-code-agent-id", agent));
        if (kind == "subagent" && parent!.Agent is { } above)
            headers.Add(new("x-claude-code-parent-agent-id", above));
        var body = attemptOf is not null && !plot.Session ? attemptOf.Body : Encoding.UTF8.GetBytes(Written(history, noise, plot.Session ? null : $"person {plot.Person}").ToJsonString());
        var scene = new Scene
        {
            Conversation = conversation,
            Parent = parent?.Node,
            Kind = kind,
            History = history,
            Answer = Answer(kind, noise),
            Agent = agent,
            // Without a session, only what failed is asked again.
            Fails = kind == "retry" ? false : attemptOf is null && kind == "turn" && noise % 7 == 6,
            AttemptOf = attemptOf,
            Body = body,
            Start = new(_time, "one.example", "POST", "/v1/messages", "", headers, null, $"key {plot.Person}", null, "m", null, CaptureLevel.Full),
            Id = Guid.CreateVersion7(_time),
        };
        _scenes.Add(scene);
        return scene;
    }

    private static List<JsonObject> After(Scene scene) => [.. scene.History, new JsonObject { ["role"] = "assistant", ["content"] = scene.Answer.DeepClone() }];

    private JsonObject Reply(Scene scene)
    {
        var blocks = new JsonArray();
        foreach (var call in scene.Answer.OfType<JsonObject>().Where(block => (string?)block["type"] == "tool_use"))
            blocks.Add(new JsonObject { ["type"] = "tool_result", ["tool_use_id"] = call["id"]!.DeepClone(), ["content"] = $"result {++_words}" });
        blocks.Add(Text($"say {++_words}"));
        return new JsonObject { ["role"] = "user", ["content"] = blocks };
    }

    private JsonArray Answer(string kind, int noise)
    {
        if (kind == "compaction")
            return [Text($"<analysis>looked at it all {++_words}</analysis>\n\n<summary>\n1. What was asked for: many things, number {++_words}, and more of them.\n</summary>")];
        var answer = new JsonArray { new JsonObject { ["type"] = "thinking", ["thinking"] = "hm", ["signature"] = "s" }, Text($"  answer {++_words} ") };
        if (noise % 3 == 0)
            answer.Add(new JsonObject { ["type"] = "tool_use", ["id"] = $"toolu_{++_words}", ["name"] = "Bash", ["input"] = new JsonObject { ["b"] = 1, ["a"] = "x" } });
        var prompt = $"Look into {++_words}";
        for (var i = 0; i < noise % 4; i++)
            answer.Add(new JsonObject { ["type"] = "tool_use", ["id"] = $"toolu_{++_words}", ["name"] = "Agent", ["input"] = new JsonObject { ["prompt"] = noise % 5 == 0 ? $"{prompt} {i}" : prompt } });
        return answer;
    }

    private static JsonObject User(string text) => new() { ["role"] = "user", ["content"] = text };

    private static JsonObject Text(string text) => new() { ["type"] = "text", ["text"] = text };

    private static JsonObject Written(IReadOnlyList<JsonObject> history, int noise, string? user)
    {
        var random = new Random(noise);
        var messages = new JsonArray();
        foreach (var message in history)
        {
            if (random.Next(4) == 0)
                messages.Add(new JsonObject { ["role"] = "system", ["content"] = $"note {random.Next()}" });
            messages.Add(Written((JsonObject)message.DeepClone(), random));
        }

        var body = new JsonObject { ["model"] = "m", ["messages"] = messages, ["system"] = $"system {random.Next(3)}" };
        if (user is not null)
            body["metadata"] = new JsonObject { ["user_id"] = user };
        return body;
    }

    private static JsonObject Written(JsonObject message, Random random)
    {
        if (message["content"] is JsonValue text && random.Next(2) == 0)
            message["content"] = new JsonArray(Text(text.GetValue<string>()));
        if (message["content"] is not JsonArray blocks)
            return message;
        for (var i = blocks.Count - 1; i >= 0; i--)
        {
            if ((string?)blocks[i]!["type"] == "thinking" && random.Next(2) == 0)
                blocks.RemoveAt(i);
            else if ((string?)blocks[i]!["type"] == "text")
                // By the beginning of its text the client's own question is known.
                blocks[i]!["text"] = (random.Next(3) == 0 && blocks[i]!["text"]!.GetValue<string>()[0] is not ('<' or 'C') ? "\n" : "") + blocks[i]!["text"]!.GetValue<string>().Trim() + (random.Next(3) == 0 ? " \r\n" : "");
        }

        if ((string?)message["role"] == "user" && random.Next(3) == 0)
            blocks.Insert(0, Text($"<system-reminder>{random.Next()}</system-reminder>"));
        if (random.Next(3) == 0 && blocks.Count > 0)
            blocks[^1]!["cache_control"] = new JsonObject { ["type"] = "ephemeral" };
        return message;
    }
}
