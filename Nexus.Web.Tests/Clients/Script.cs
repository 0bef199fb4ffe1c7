using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Nexus.Web.Tests.Infrastructure;

namespace Nexus.Web.Tests.Clients;

/// <summary>
/// An upstream whose answers the prompt chooses: <c>[[play:NAME COUNT]]</c> in the newest user text that has one. Errors and
/// faults are played COUNT times for one marker (once by default), then the answer is whole. Equal requests get equal answers,
/// so that two runs of a client can be compared.
/// </summary>
internal sealed partial class Script
{
    private readonly ConcurrentDictionary<string, int> _played = new();
    private int _count;

    public ConcurrentQueue<Exchange> Exchanges { get; } = new();

    public async Task AnswerAsync(HttpContext context)
    {
        var request = context.Features.Get<Received>()!;
        var body = request.Body.Length > 0 ? JsonNode.Parse(request.Body) as JsonObject : null;
        var exchange = new Exchange(request, Interlocked.Increment(ref _count)) { Model = body?["model"]?.GetValue<string>() ?? "" };
        Exchanges.Enqueue(exchange);
        var answer = new ScriptedAnswer(context, exchange);
        var path = request.Target.Split('?')[0];
        await ((request.Method, path) switch
        {
            ("POST", "/v1/messages") => MessageAsync(answer, body!, exchange),
            ("POST", "/v1/messages/count_tokens") => answer.JsonAsync(200, new JsonObject { ["input_tokens"] = request.BodyLength / 4 }),
            ("POST", "/v1/messages/batches") or ("GET", "/v1/messages/batches/msgbatch_1") => answer.JsonAsync(200, Batch($"http://{request.Header("host")}")),
            ("GET", "/v1/messages/batches/msgbatch_1/results") => answer.JsonAsync(200, new JsonObject { ["custom_id"] = "one", ["result"] = new JsonObject { ["type"] = "expired" } }),
            ("GET", "/v1/models") => answer.JsonAsync(200, Catalogue.Page(context.Request.Query)),
            ("GET", _) when path.StartsWith("/v1/models/", StringComparison.Ordinal) && Catalogue.Find(path[11..]) is { } model => answer.JsonAsync(200, model),
            _ => answer.FailAsync(new Failure(404, "not_found_error", $"There is no {path}")),
        });
    }

    /// <summary>A batch that is over at once. Its results are at the upstream's own address, as the real API has it.</summary>
    private static JsonObject Batch(string address) => new()
    {
        ["id"] = "msgbatch_1",
        ["type"] = "message_batch",
        ["processing_status"] = "ended",
        ["request_counts"] = new JsonObject { ["processing"] = 0, ["succeeded"] = 0, ["errored"] = 0, ["canceled"] = 0, ["expired"] = 1 },
        ["created_at"] = "2026-11-25T09:00:00Z",
        ["ended_at"] = "2026-11-25T09:01:00Z",
        ["expires_at"] = "2026-11-26T09:00:00Z",
        ["results_url"] = address + "/v1/messages/batches/msgbatch_1/results",
    };

    private Task MessageAsync(ScriptedAnswer answer, JsonObject body, Exchange exchange)
    {
        var stream = body["stream"]?.GetValue<bool>() == true;
        var (turn, failure) = SideCall(body) is { } side ? (side, null) : Play(body, exchange);
        if (failure is not null)
            return answer.FailAsync(failure);
        return stream ? answer.StreamAsync(turn!) : answer.MessageAsync(turn!);
    }

    /// <summary>The calls that Claude Code makes beside the conversation, told by their shape.</summary>
    private static Turn? SideCall(JsonObject body)
    {
        if (body["tools"] is JsonArray { Count: 1 } tools && tools[0]!["type"]?.GetValue<string>().StartsWith("web_search", StringComparison.Ordinal) == true)
            return Turn.Says("One result: https://example.invalid/a");
        if (body["output_config"]?["format"]?["schema"]?["properties"]?["title"] is not null)
            return Turn.Says("""{"title":"A scripted title"}""");
        var last = Texts(body["messages"]!.AsArray()[^1]!);
        return last.Contains("CRITICAL: Respond with TEXT ONLY", StringComparison.Ordinal) ? Turn.Says("<analysis>a</analysis>\n<summary>\nThe user asked for little.\n</summary>") : null;
    }

    private (Turn? Turn, Failure? Failure) Play(JsonObject body, Exchange exchange)
    {
        var messages = body["messages"]!.AsArray();
        var at = messages.Count - 1;
        while (at >= 0 && !(messages[at]!["role"]!.GetValue<string>() == "user" && Marker().IsMatch(Texts(messages[at]!))))
            at--;
        var whole = Turn.Says("All is well.");
        if (at < 0)
            return (whole, null);
        var marker = Marker().Matches(Texts(messages[at]!))[^1];
        var step = messages.Skip(at + 1).Count(message => message!["role"]!.GetValue<string>() == "assistant");
        var count = marker.Groups[2] is { Length: > 0 } given ? int.Parse(given.ValueSpan, CultureInfo.InvariantCulture) : 1;
        bool Fails() => _played.AddOrUpdate(marker.Value, 1, (_, played) => played + 1) <= count;
        var tool = $"toolu_{exchange.Number:0000}";
        return marker.Groups[1].Value switch
        {
            "think" => (new Turn(new JsonObject { ["type"] = "thinking", ["thinking"] = "Let me see.", ["signature"] = "c2ln" }, Turn.Text("Seen.")), null),
            "bash" when step < count => (Turn.Uses(tool, "Bash", new() { ["command"] = $"echo step {step}", ["description"] = "Echo a word" }), null),
            "read" when step == 0 => (Turn.Uses(tool, "Read", new() { ["file_path"] = "hello.txt" }), null),
            "agent" when step == 0 => (Turn.Uses(tool, "Agent", new() { ["description"] = "A part of it", ["prompt"] = "Do a part. [[play:bash]]", ["subagent_type"] = "general-purpose", ["run_in_background"] = false }), null),
            "agents" when step == 0 => (Turn.UsesTwice(tool, "Agent", () => new() { ["description"] = "A part of it", ["prompt"] = "Do a part. [[play:bash]]", ["subagent_type"] = "general-purpose", ["run_in_background"] = false }), null),
            "nest" when step == 0 => (Turn.Uses(tool, "Agent", new() { ["description"] = "All of it", ["prompt"] = "Delegate further. [[play:agent]]", ["subagent_type"] = "general-purpose", ["run_in_background"] = false }), null),
            "search" when step == 0 => (Turn.Uses(tool, "WebSearch", new() { ["query"] = "gateways for models" }), null),
            "gzip" => (whole with { Gzip = true }, null),
            "refused" => (null, new(400, "invalid_request_error", "messages.0: this cannot be.")),
            "long" when Fails() => (null, new(400, "invalid_request_error", "prompt is too long: 212345 tokens > 200000 maximum")),
            "limited" when Fails() => (null, new(429, "rate_limit_error", "This request would exceed your rate limit.", RetryAfterSeconds: 1)),
            "overloaded" when Fails() => (null, new(529, "overloaded_error", "Overloaded")),
            "broken" when Fails() => (whole with { Ending = Ending.ErrorEvent }, null),
            "cut" when Fails() => (whole with { Ending = Ending.Cut }, null),
            "stall" when Fails() && body["stream"]?.GetValue<bool>() == true => (whole with { Ending = Ending.Stall }, null),
            "gone" when Fails() => (whole with { Ending = Ending.CutBeforeHeaders }, null),
            _ => (whole, null),
        };
    }

    /// <summary>A message's own text, without what tools returned.</summary>
    private static string Texts(JsonNode message) => message["content"] is JsonArray blocks
        ? string.Join('\n', blocks.Where(block => block!["type"]?.GetValue<string>() == "text").Select(block => block!["text"]!.GetValue<string>()))
        : message["content"]!.GetValue<string>();

    [GeneratedRegex(@"\[\[play:([a-z]+)(?: (\d+))?[^\]]*\]\]")]
    private static partial Regex Marker();
}
