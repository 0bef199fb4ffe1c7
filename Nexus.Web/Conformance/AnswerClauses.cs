using System.IO.Compression;
using System.Text;

namespace Nexus.Web.Conformance;

/// <summary>What the upstream answers and must reach the client as it is, when it is.</summary>
internal static class AnswerClauses
{
    private static readonly string[] Events =
    [
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-conformance\",\"content\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n",
        "event: ping\ndata: {\"type\": \"ping\"}\n\n",
        ": a comment of the upstream\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"H\u00e9\"}}\n\n",
        "event: of_the_future\ndata: {\"type\":\"of_the_future\"}\n\n",
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"safeguard_results\":[{\"type\":\"dangerous_tool_use\",\"status\":{\"type\":\"available\",\"tool_uses\":{}}}]},\"usage\":{\"output_tokens\":1}}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    ];

    private static readonly Ask Streamed = Ask.Message("""{"model":"claude-conformance","max_tokens":1,"stream":true,"messages":[{"role":"user","content":"Hi"}]}""", "/v1/messages?beta=true");
    private static readonly string Whole = string.Concat(Events);
    private const string Batch = "{\"id\":\"msgbatch_1\", \"results_url\":\"https://api.anthropic.com/v1/messages/batches/msgbatch_1/results\"}";

    public static IReadOnlyList<Check> All { get; } =
    [
        new("stream", "A stream passes byte for byte: names of events, pings, comments, events of the future, safeguard results, the message's id", Streamed, Reply.Stream(Whole), Expect.Unchanged),
        new("stream-each-event", "Each event reaches the client before the next is sent; pings and comments too", Streamed, Reply.Stream(Events) with { Paced = true }, [.. Expect.Unchanged, Expect.NothingHeldBack]),
        new("stream-odd-pieces", "Pieces that end within a name, a character or a line break pass when they come", Streamed, Reply.Stream("event: pi", "ng\r", "\ndata: {\"type\":\"ping\"}\r\n\r", "\n") with { Paced = true }, [.. Expect.Unchanged, Expect.NothingHeldBack]),
        new("stream-long-deltas", "Deltas of 64 KiB and a stream of 1 MiB pass", Streamed, Reply.Stream([Events[0], .. Enumerable.Repeat("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + new string('x', 64 << 10) + "\"}}\n\n", 16), Events[^1]]), Expect.Unchanged),
        new("stream-compressed", "A compressed stream passes with its encoding", Streamed with { Headers = [.. Streamed.Headers, ("Accept-Encoding", "gzip")] }, Packed("text/event-stream", Whole), Expect.Unchanged),
        new("stream-other-type", "A stream under another content type passes", Streamed, new Reply(200, [("Content-Type", "text/plain")], Encoding.UTF8.GetBytes(Whole)), Expect.Unchanged),
        new("stream-without-stop", "A stream that ends without message_stop ends as it ended", Streamed, Reply.Stream(Events[..4]), Expect.Unchanged),
        new("stream-empty", "An empty stream stays empty", Streamed, Reply.Stream(), Expect.Unchanged),
        new("stream-as-json", "JSON in the place of a stream passes", Streamed, Reply.Json("{\"id\":\"msg_1\",\"content\":[]}"), Expect.Unchanged),
        new("stream-error-event", "An error event in a stream passes, and the stream's end", Streamed, Reply.Stream([.. Events[..4], "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"]), Expect.Unchanged),
        new("json-compressed", "A compressed answer passes with its encoding", Ask.Message(headers: [("Accept-Encoding", "gzip, br")]), Packed("application/json", "{\"id\":\"msg_1\"}"), Expect.Unchanged),
        new("headers-down", "request-id, rate limits, organization and workspace come down unchanged", Ask.Message(), Reply.Json("{\"id\":\"msg_1\"}", 200,
            ("request-id", "req_1"), ("anthropic-organization-id", "org"), ("anthropic-workspace-id", "wrk"), ("anthropic-ratelimit-requests-remaining", "7"), ("anthropic-ratelimit-unified-status", "allowed"),
            ("anthropic-ratelimit-unified-5h-reset", "1764080000"), ("anthropic-ratelimit-unified-5h-utilization", "0.42"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-future", "1")), Expect.Unchanged),
        new("files-down", "Binary answers pass", Ask.Get("/v1/files/file_1/content"), new Reply(200, [("Content-Type", "application/octet-stream")], [0, 255, 10, 13, 0]), Expect.Unchanged),
        new("batch-results", "Results of a batch pass as they are", Ask.Get("/v1/messages/batches/msgbatch_1/results", ("Accept", "application/binary")), new Reply(200, [("Content-Type", "application/x-jsonl")], Encoding.UTF8.GetBytes(Batch + "\n" + Batch + "\n")), Expect.Unchanged),
        new("batch-results-url", "results_url names this gateway, since SDKs follow it with the client's key; every other byte stays, and the answer is labelled", Ask.Get("/v1/messages/batches/msgbatch_1") with { MaySet = "accept-encoding" }, Reply.Json(Batch),
            Expect.Asked, Expect.SameUp, Expect.HeadersUp, Expect.Credential, Expect.Status(200), Expect.EndsWhole, new(RewrittenOrSwitchedOff)),
        .. new[] { 400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 503, 529 }.Select(Error),
        new("error-html", "An error in HTML passes", Ask.Message(), new Reply(502, [("Content-Type", "text/html")], "<html>bad gateway</html>"u8.ToArray()), Expect.Unchanged),
        new("error-prompt-too-long", "The wording that makes Claude Code compact passes", Streamed, Reply.Json("{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long: 201000 tokens > 200000 maximum\"},\"request_id\":\"req_1\"}", 400), Expect.Unchanged),
        new("error-thread", "A continued message thread that fails is not tried again, and its error code passes", Ask.Message("""{"model":"claude-conformance","max_tokens":1,"thread":{"type":"continue","previous_message_id":"msg_1"},"messages":[{"role":"user","content":"Hi"}]}"""),
            Reply.Json("{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"no\",\"details\":{\"error_code\":\"thread_not_found\"}}}", 404), Expect.Unchanged),
    ];

    private static Check Error(int status) => new($"error-{status}", $"An error {status} passes with its bytes, request-id, retry-after and x-should-retry, and is asked for once", Ask.Message(),
        Reply.Json($"{{\"type\":\"error\", \"error\":{{\"type\":\"of_{status}\",\"message\":\"words of the upstream\",\"details\":{{\"error_code\":\"c\"}}}},\"request_id\":\"req_{status}\"}}", status, ("request-id", $"req_{status}"), ("retry-after", "1"), ("x-should-retry", "false")), Expect.Unchanged);

    private static string? RewrittenOrSwitchedOff(Observed seen)
    {
        var edited = seen.Answer.All(Proxy.ResultsUrls.Label).Any();
        if (!edited)
            return "the address is the upstream's (REWRITE_RESULTS_URL=false?): clients will show it their Nexus key";
        var (before, after) = (Batch.Split("https://api.anthropic.com"), seen.Answer.Text);
        return after.StartsWith(before[0], StringComparison.Ordinal) && after.EndsWith(before[1], StringComparison.Ordinal) && !after.Contains("anthropic.com", StringComparison.Ordinal)
            && seen.Answer.All("content-length").SequenceEqual([seen.Answer.Body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)]) ? null : $"the answer is {after}";
    }

    private static Reply Packed(string type, string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return new(200, [("Content-Type", type), ("Content-Encoding", "gzip")], packed.ToArray());
    }
}
