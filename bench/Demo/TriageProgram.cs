using System.Text.Json.Nodes;
using Nexus.Bench.Upstream;

namespace Nexus.Bench.Demo;

/// <summary>The support desk's own program, on the SDK: sorts a ticket every few seconds, and drafts a reply to some.</summary>
internal sealed class TriageProgram(Gateway gateway)
{
    private const string Host = "support.northwind.example";
    private const string Fast = "claude-haiku-4-5-20251001";
    private const string Careful = "claude-sonnet-5";
    private static readonly string[] Categories = ["billing", "bug", "question", "account"];
    private readonly Person _program = new("support-desk");

    public async Task OneAsync(CancellationToken cancellation)
    {
        var ticket = Story.Tickets[Random.Shared.Next(Story.Tickets.Count)];
        var sort = Body(Fast, 64, "Sort the ticket into billing, bug, question or account. Answer as JSON: category, urgent.", ticket, false);
        var answer = new JsonObject { ["category"] = Categories[Random.Shared.Next(Categories.Length)], ["urgent"] = Random.Shared.Next(6) == 0 };
        var plan = new Plan(Fast, [Block.Says(answer.ToJsonString())], "end_turn", new(118 + (ticket.Length / 4), 18), First: Tempo.First(Fast));
        // Now and then more tickets come than the account's limit allows.
        if (Random.Shared.Next(25) == 0)
        {
            await gateway.AskAsync(Host, Headers(), sort, plan with { Status = 429, ErrorType = "rate_limit_error", ErrorMessage = "This request would exceed your organization's rate limit of 50 requests per minute.", RetryAfter = 2 }, cancellation);
            await Task.Delay(TimeSpan.FromSeconds(2), cancellation);
        }

        await gateway.AskAsync(Host, Headers(), sort, plan, cancellation);
        if (Random.Shared.Next(3) != 0)
            return;
        var reply = $"Hello,\n\nthank you for writing. You told us: \"{ticket}\"\n\nWe have looked at your account and can confirm what you describe. A colleague is working on it, and you will hear from us by tomorrow noon. Until then nothing is lost, and you need not do anything.\n\nKind regards\nNorthwind support";
        await gateway.AskAsync(Host, Headers(), Body(Careful, 1024, "Draft a reply to the customer. Be brief, kind and exact; promise nothing that the notes do not say.", ticket, true),
            new(Careful, [Block.Says(reply)], "end_turn", new(164 + (ticket.Length / 4), reply.Length / 4), First: Tempo.First(Careful), Gap: Tempo.Gap(Careful)), cancellation);
    }

    private IEnumerable<(string Name, string Value)> Headers() =>
    [
        ("Accept", "application/json"),
        ("x-api-key", _program.Token),
        ("User-Agent", "Anthropic/JS 1.12.0"),
        ("anthropic-version", "2026-10-21"),
        ("X-Stainless-Lang", "js"),
        ("X-Stainless-Package-Version", "1.12.0"),
        ("X-Stainless-Retry-Count", "0"),
    ];

    private static JsonObject Body(string model, int tokens, string system, string ticket, bool stream) => new()
    {
        ["model"] = model,
        ["max_tokens"] = tokens,
        ["system"] = system,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = ticket }),
        ["metadata"] = new JsonObject { ["user_id"] = "support-desk" },
        ["stream"] = stream,
    };
}
