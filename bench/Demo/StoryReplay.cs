using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Nexus.Bench.Upstream;

namespace Nexus.Bench.Demo;

/// <summary>Plays a story as one person's session: the title call, the main loop with its tools, subagents, a retry, a break-off.</summary>
internal sealed class StoryReplay(Gateway gateway, Story story, Person person)
{
    private readonly CodeSession _session = new(person, story.Model);

    public async Task PlayAsync(CancellationToken cancellation)
    {
        var title = gateway.AskAsync(story.Host, _session.Headers(), _session.Title(story.Sections[0].Text), CodeSession.TitlePlan(story.Title), cancellation);
        var messages = await PlayAsync(story.Sections, null, cancellation);
        await title;
        // As /context does: several counts at once.
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => gateway.CountAsync(story.Host, _session.Headers(), _session.Count(messages), cancellation)));
    }

    /// <summary>The conversation that came of it.</summary>
    private async Task<JsonArray> PlayAsync(IReadOnlyList<Section> sections, string? agent, CancellationToken cancellation)
    {
        var messages = new JsonArray();
        var calls = new Queue<(string Id, string Report)>();
        var (cached, interrupted) = (0, false);
        foreach (var turn in Turn.Of(sections))
        {
            if (messages.Count > 0)
                await Task.Delay(turn.Asked[0].Kind == "user" ? Tempo.UserReads() : Tempo.ToolRuns(), cancellation);
            messages.Add(new JsonObject { ["role"] = "user", ["content"] = Asked(turn, calls, interrupted) });
            List<Block> blocks = [.. turn.Answer.Select(ToBlock)];
            var size = Encoding.UTF8.GetByteCount(messages.ToJsonString());
            interrupted = turn.Mishap == "interrupted";
            var arrived = await AskAsync(messages, turn.Mishap, _session.Plan(blocks, size, cached), agent, cancellation);
            cached = size;
            // What was broken off stands in the history as far as it had come.
            messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = new JsonArray([.. interrupted ? [Block.Says(arrived).ToJson()] : blocks.Select(block => block.ToJson())]) });
            foreach (var (block, section) in blocks.Zip(turn.Answer).Where(pair => pair.First.ToolId is not null))
                calls.Enqueue((block.ToolId!, section.Inner.Count > 0 ? await DelegateAsync(section, block, cancellation) : ""));
        }

        return messages;
    }

    private async Task<string> AskAsync(JsonArray messages, string? mishap, Plan plan, string? agent, CancellationToken cancellation)
    {
        var body = _session.Turn(messages, agent is not null);
        if (mishap == "overloaded")
        {
            await gateway.AskAsync(story.Host, _session.Headers(agent), body, plan with { Status = 529, ErrorType = "overloaded_error", ErrorMessage = "Overloaded", Gap = default }, cancellation);
            await Task.Delay(Tempo.Between(600, 1500), cancellation);
        }

        var (status, text) = await gateway.AskAsync(story.Host, _session.Headers(agent), body, plan, cancellation, mishap == "interrupted" ? 14 : int.MaxValue);
        return status == HttpStatusCode.OK ? text : throw new HttpRequestException($"The proxy answered {(int)status} to {person.Name}.");
    }

    private static JsonArray Asked(Turn turn, Queue<(string Id, string Report)> calls, bool interrupted)
    {
        var content = new JsonArray();
        if (interrupted)
            content.Add(Block.Says("[Request interrupted by user]").ToJson());
        foreach (var asked in turn.Asked)
        {
            if (asked.Kind == "user")
            {
                content.Add(Block.Says(asked.Text).ToJson());
                continue;
            }

            var (id, report) = calls.Dequeue();
            content.Add(new JsonObject { ["tool_use_id"] = id, ["type"] = "tool_result", ["content"] = asked.Kind == "report" ? report : asked.Text });
        }

        return content;
    }

    /// <summary>A subagent in the same session, with an id of its own; what it reports to the call that started it.</summary>
    private async Task<string> DelegateAsync(Section call, Block block, CancellationToken cancellation)
    {
        var agent = "a" + Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8));
        var prompt = new Section("user", "", block.Input!["prompt"]!.GetValue<string>(), []);
        var messages = await PlayAsync([prompt, .. call.Inner], agent, cancellation);
        return $"{messages[^1]!["content"]!.AsArray()[^1]!["text"]!.GetValue<string>()}\n\nagentId: {agent}";
    }

    private static Block ToBlock(Section section) => section.Kind switch
    {
        "thinking" => Block.Thinks(section.Text),
        "calls" => Block.Calls(section.Argument, JsonNode.Parse(section.Text)!),
        _ => Block.Says(section.Text),
    };
}
