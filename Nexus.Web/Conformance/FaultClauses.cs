namespace Nexus.Web.Conformance;

/// <summary>Broken connections, clients that leave, and what Nexus answers itself.</summary>
internal static class FaultClauses
{
    private const string Started = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"content\":[]}}\n\n";
    private static readonly Ask Streamed = Ask.Message("""{"model":"claude-conformance","max_tokens":1,"stream":true,"messages":[{"role":"user","content":"Hi"}]}""");
    private static readonly Reply None = Reply.Json("{}");

    public static IReadOnlyList<Check> All { get; } =
    [
        new("cut-stream", "A stream cut upstream destroys the client's connection: no clean end, no invented event, no second try", Streamed, Reply.Stream(Started, "event: ping\nda") with { Ending = Ending.Cut, Paced = true },
            Expect.Asked, Expect.StatusDown, Expect.SameDown, Expect.Destroyed),
        new("cut-counted", "A counted answer cut upstream destroys the client's connection", Ask.Message(), new Reply(200, [("Content-Type", "application/json")], "{\"id\":"u8.ToArray()) { Length = 1000, Ending = Ending.Cut, Paced = true },
            Expect.Asked, Expect.StatusDown, Expect.SameDown, Expect.Destroyed),
        new("cut-before-headers", "An upstream that breaks off before it answers is 502 in Anthropic's envelope", Ask.Message(), None with { Ending = Ending.CutBeforeHeaders }, Expect.Refused("api_error", 502), Expect.EndsWhole),
        new("client-leaves", "A client that leaves ends the call upstream at once", Streamed with { LeavesEarly = true }, Reply.Stream(Started, Started) with { Paced = true }, Expect.Asked, Expect.UpstreamLeft),
        new("hello", "HEAD /api/hello without a credential is answered cheaply, and is no failed login", new Ask("HEAD", "/api/hello") { Shown = Shown.Nothing }, None, Expect.NotForwarded, Expect.Status(200)),
        new("event-logging", "Telemetry is taken and goes nowhere", Ask.Message("{\"events\":[]}", "/api/event_logging/batch") with { Shown = Shown.Nothing }, None, Expect.NotForwarded, Expect.Status(200)),
        new("probe", "HEAD / is answered", new Ask("HEAD", "/") { Shown = Shown.Nothing }, None, Expect.NotForwarded, Expect.Status(200)),
        new("wrong-key", "A wrong key is refused so that Claude Code stops at once and says why", Ask.Message() with { Shown = Shown.WrongKey }, None, Expect.NotForwarded, Expect.KeyRefused),
        new("no-key", "No key is refused in the same way", Ask.Message() with { Shown = Shown.Nothing }, None, Expect.NotForwarded, Expect.KeyRefused),
        new("outside", "What is not below /v1 is unknown, in Anthropic's envelope", Ask.Get("/v2/messages"), None, Expect.NotForwarded, Expect.Refused("not_found_error", 404)),
    ];
}
