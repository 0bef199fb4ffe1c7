using System.Text;

namespace Nexus.Web.Conformance;

/// <summary>What clients send and must reach the upstream as it is.</summary>
internal static class RequestClauses
{
    private static readonly Reply Ok = Reply.Json("{\"id\":\"msg_conformance\"}");

    /// <summary>Everything that a gateway with a model of its own would lose or reorder.</summary>
    private const string OpenBody = """
        { "thread":{"type":"continue","previous_message_id":"msg_1"}, "model" : "claude-conformance","max_tokens":1, "future":{"b":1.50,"a":[1e2,12345678901234567890]},
          "safeguards":[{"type":"dangerous_tool_use","classifier_context":"x"}],"tools":[{"name":"T","defer_loading":true,"input_schema":{"type":"object"}}],
          "system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=1;"},{"type":"text","text":"two","cache_control":{"type":"ephemeral"}}],
          "messages":[{"role":"system","content":[],"output_config":{"effort":"low"}},{"role":"user","content":"\u00e9\/\u2028 é \ud83d\ude42"},{"role":"user","content":"twice","content":"twice"}] }
        """;

    public static IReadOnlyList<Check> All { get; } =
    [
        new("messages-beta-query", "POST /v1/messages?beta=true is matched on its path and forwarded with its query", Ask.Message(target: "/v1/messages?beta=true"), Ok, Expect.Unchanged),
        new("messages-unknown-query", "A query of any other kind passes as it was written", Ask.Message(target: "/v1/messages?x=%2F%20&y&beta=1"), Ok, Expect.Unchanged),
        new("body-open", "Bodies are open: fields of the future, system messages, safeguards, deferred tools, threads, numbers, spaces and escapes pass as bytes", Ask.Message(OpenBody), Ok, Expect.Unchanged),
        new("body-large", "A body of 1 MiB passes", Ask.Message("{\"model\":\"claude-conformance\",\"messages\":[{\"role\":\"user\",\"content\":\"" + new string('x', 1 << 20) + "\"}]}"), Ok, Expect.Unchanged),
        new("body-not-json", "What is no JSON is for the upstream to refuse", Ask.Message("{\"model\":"), Reply.Json("{\"type\":\"error\"}", 400), Expect.Unchanged),
        new("count-tokens", "POST /v1/messages/count_tokens passes", Ask.Message(target: "/v1/messages/count_tokens?beta=true"), Reply.Json("{\"input_tokens\":1}"), Expect.Unchanged),
        new("count-tokens-burst", "The 26 counts that /context sends at once all pass", Ask.Message(target: "/v1/messages/count_tokens?beta=true") with { Times = 26 }, Reply.Json("{\"input_tokens\":1}"), Expect.Unchanged),
        new("models", "GET /v1/models?limit=1000 is answered, without a redirect", Ask.Get("/v1/models?limit=1000"), Reply.Json("{\"data\":[{\"id\":\"claude-conformance\"}],\"has_more\":false}"), Expect.Unchanged),
        new("models-paging", "Cursors of /v1/models pass", Ask.Get("/v1/models?limit=2&after_id=claude-a"), Ok, Expect.Unchanged),
        new("model-escaped", "An escaped path passes as it was written", Ask.Get("/v1/models/a%2Fb%20c"), Ok, Expect.Unchanged),
        new("redirect", "A redirect is the client's to follow", Ask.Get("/v1/models"), new Reply(307, [("Location", "/v1/elsewhere")]) { Length = 0 }, Expect.Unchanged),
        new("head", "HEAD passes", new Ask("HEAD", "/v1/models"), new Reply(200, [("Content-Type", "application/json")]) { Length = 17 }, Expect.Unchanged),
        new("unknown-path", "Paths of the future pass", Ask.Message(target: "/v1/future/thing:do?x=1"), Ok, Expect.Unchanged),
        new("unknown-method", "Methods of the future pass", new Ask("PURGE", "/v1/future"), Ok, Expect.Unchanged),
        new("delete", "DELETE passes", new Ask("DELETE", "/v1/files/file_1"), Ok, Expect.Unchanged),
        new("files-up", "An upload passes as it is framed", new Ask("POST", "/v1/files") { Body = [.. Encoding.ASCII.GetBytes("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"), 0, 255, 13, 10, .. "\r\n--b--\r\n"u8], Headers = [("Content-Type", "multipart/form-data; boundary=b")] }, Ok, Expect.Unchanged),
        new("batch-created", "A batch passes", Ask.Message("{\"requests\":[]}", "/v1/messages/batches") with { MaySet = "accept-encoding" }, Reply.Json("{\"id\":\"msgbatch_1\",\"results_url\":null}"), Expect.Unchanged),
        new("batch-unknown", "An error about a batch passes", Ask.Get("/v1/messages/batches/msgbatch_0") with { MaySet = "accept-encoding" }, Reply.Json("{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"no\"}}", 404), Expect.Unchanged),
        new("headers-claude-code", "Every header of Claude Code passes as sent, and none is added", Ask.Message(target: "/v1/messages?beta=true", headers:
        [
            ("Accept", "application/json"), ("User-Agent", "claude-cli/2.1.330 (external, sdk-cli)"), ("X-Claude-Code-Session-Id", "00000000-0000-4000-8000-000000000001"), ("x-claude-code-agent-id", "a0123456789abcdef"), ("x-claude-code-parent-agent-id", "afedcba9876543210"),
            ("X-Stainless-Retry-Count", "0"), ("X-Stainless-Timeout", "600"), ("anthropic-dangerous-direct-browser-access", "true"), ("x-app", "cli"), ("Accept-Encoding", "gzip, deflate, br, zstd"),
            ("anthropic-beta", "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27"),
        ]), Ok, Expect.Unchanged),
        new("version-of-its-own", "anthropic-version passes, whichever it is", new Ask("POST", Ask.Messages) { Body = "{}"u8.ToArray(), Headers = [("anthropic-version", "2026-10-21")] }, Ok, Expect.Unchanged),
        new("no-version-added", "Neither anthropic-version nor anthropic-beta is added", new Ask("POST", Ask.Messages) { Body = "{}"u8.ToArray() }, Ok, Expect.Unchanged),
        new("beta-order", "anthropic-beta passes with its order and what it says twice", Ask.Message(headers: [("anthropic-beta", "b-2,a-1, b-2")]), Ok, Expect.Unchanged),
        new("headers-unknown", "Headers of the future pass", Ask.Message(headers: [("anthropic-future", "x=1; y"), ("X-Team", "blue")]), Ok, Expect.Unchanged),
        new("credential-api-key", "A key in x-api-key is exchanged for the account's", Ask.Message() with { Shown = Shown.ApiKey }, Ok, Expect.Unchanged),
        new("credential-both", "Of two headers with the key none goes up, but the account's", Ask.Message() with { Shown = Shown.Both }, Ok, Expect.Unchanged),
        new("credential-oauth", "An OAuth token goes up in Authorization, whichever header the client used", Ask.Message() with { Shown = Shown.ApiKey, OAuth = true, MaySet = "anthropic-beta" }, Ok, Expect.Unchanged),
        new("credential-oauth-beta", "With an OAuth token its beta is said beside the client's", Ask.Message(headers: [("anthropic-beta", "a-1")]) with { OAuth = true, MaySet = "anthropic-beta" }, Ok,
            [.. Expect.Unchanged, new(seen => seen.Arrived.All(one => one.All("anthropic-beta").SequenceEqual(["oauth-2025-04-20,a-1"])) ? null : "anthropic-beta lacks one of the two")]),
    ];
}
