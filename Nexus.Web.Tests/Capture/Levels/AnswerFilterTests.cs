using System.Buffers;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using CsCheck;
using Nexus.Web.Capture;
using Nexus.Web.Capture.Levels;
using Nexus.Web.Tests.Capture.Redaction;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage;
using Xunit;

namespace Nexus.Web.Tests.Capture.Levels;

public sealed class AnswerFilterTests
{
    private const string Secret = "sk-ant-api03-AbCdEfGhIjKlMnOp";

    [Fact]
    public void A_stream_without_anything_to_hide_is_kept_byte_for_byte_however_it_arrives() =>
        Gen.Int[1, 200].Sample(size => Keep(new RedactedAnswer(RedactorTests.Redactor), Streams.Whole, "text/event-stream", size).AsSpan().SequenceEqual(Streams.Whole));

    [Theory]
    [InlineData("text_delta", "text")]
    [InlineData("thinking_delta", "thinking")]
    [InlineData("future_delta", "essence")]
    public void A_secret_split_over_deltas_does_not_survive(string type, string name) =>
        Gen.Select(Gen.Int[1, Secret.Length - 1], Gen.Int[1, 64]).Sample((cut, size) =>
        {
            var deltas = new[] { "my key: " + Secret[..cut], Secret[cut..], " is it" }.Select(text => Delta(type, name, text));
            var kept = Text(Keep(new RedactedAnswer(RedactorTests.Redactor), Stream(deltas), "text/event-stream", size));
            var all = string.Concat(kept.Split('\n').Where(line => line.Contains("_delta\",\"" + name, StringComparison.Ordinal)).Select(line => JsonDocument.Parse(line[6..]).RootElement.GetProperty("delta").GetProperty(name).GetString()));
            return all == "my key: [redacted:secret] is it" && !kept.Contains(Secret[..8], StringComparison.Ordinal);
        });

    [Fact]
    public void A_secret_in_the_pieces_of_a_tools_input_does_not_survive_and_the_input_stays_json() =>
        Gen.Int[1, 60].Sample(size =>
        {
            var input = $$"""{"command":"curl -H \"x-api-key: {{Secret.Replace("-", "\\u002d", StringComparison.Ordinal)}}\"","card":4111111111111111}""";
            var deltas = input.Chunk(size).Select(piece => Delta("input_json_delta", "partial_json", new string(piece)));
            var message = MessageAssembler.FromStream(Keep(new RedactedAnswer(RedactorTests.Redactor), Stream(deltas), "text/event-stream", 50)).Message!;
            return message["content"]![0]!["input"]!.ToJsonString() == """{"command":"curl -H \u0022[redacted:secret]\u0022","card":"[redacted:card]"}""";
        });

    [Fact]
    public void A_stream_that_breaks_off_is_redacted_as_far_as_it_came()
    {
        var whole = Stream([Delta("text_delta", "text", "my key: " + Secret)]);
        for (var length = 1; length < whole.Length; length++)
            Assert.DoesNotContain(Secret, Text(Keep(new RedactedAnswer(RedactorTests.Redactor), whole[..length], "text/event-stream", 40)), StringComparison.Ordinal);
        var cut = Stream([Delta("input_json_delta", "partial_json", """{"command":"mail ada@example.com""")]);
        Assert.DoesNotContain("ada@", Text(Keep(new RedactedAnswer(RedactorTests.Redactor), cut[..^150], "text/event-stream", 40)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_skeleton_counts_like_the_stream_and_says_nothing_of_it()
    {
        foreach (var size in new[] { 1, 7, 100_000 })
        {
            var kept = Keep(new AnswerSkeleton(isMessage: true, identified: true), Streams.Whole, "text/event-stream", size);
            var (message, original) = (MessageAssembler.FromStream(kept), MessageAssembler.FromStream(Streams.Whole));
            Assert.Equal(TokenUsage.From(original.Message!["usage"]), TokenUsage.From(message.Message!["usage"]));
            Assert.True(message.Stopped);
            Assert.NotNull(message.FirstContentOffset);
            foreach (var name in new[] { "id", "model", "stop_reason" })
                Assert.Equal(original.Message[name]!.ToJsonString(), message.Message[name]!.ToJsonString());
            Assert.Contains("tool_use", Text(kept), StringComparison.Ordinal);
            foreach (var said in new[] { "Hello", "Let me see", "command", "ls", "Bash", "c2ln" })
                Assert.DoesNotContain(said, Text(kept), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("msg_01", Text(Keep(new AnswerSkeleton(isMessage: true, identified: false), Streams.Whole, "text/event-stream", 100)), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_broken_stream_the_skeleton_keeps_the_length_of_what_came()
    {
        var text = new string('x', 5000);
        var whole = Stream([Delta("text_delta", "text", text)]);
        var message = MessageAssembler.FromStream(Keep(new AnswerSkeleton(isMessage: true, identified: true), whole[..^100], "text/event-stream", 300)).Message!;
        Assert.Equal(new string('.', text.Length), message["content"]![0]!["text"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("gzip", "application/json")]
    [InlineData("gzip", "text/event-stream")]
    [InlineData(null, "application/json")]
    public void Compressed_and_plain_bodies_are_treated_alike(string? encoding, string type)
    {
        var body = type == "application/json"
            ? Encoding.UTF8.GetBytes("""{"id":"msg_02","type":"message","model":"m","content":[{"type":"text","text":"KEY"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":5}}""".Replace("KEY", Secret, StringComparison.Ordinal))
            : Stream([Delta("text_delta", "text", Secret)]);
        var sent = encoding is null ? body : Compressed(body);
        var redacted = Text(Keep(new RedactedAnswer(RedactorTests.Redactor), sent, type, 30, encoding));
        Assert.Contains("[redacted:secret]", redacted, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, redacted, StringComparison.Ordinal);
        var skeleton = Text(Keep(new AnswerSkeleton(isMessage: true, identified: true), sent, type, 30, encoding));
        Assert.Contains("\"usage\":", skeleton, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, skeleton, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_keeps_its_type_alone()
    {
        var kept = Text(Keep(new AnswerSkeleton(isMessage: true, identified: true), """{"type":"error","error":{"type":"invalid_request_error","message":"messages.3: 'my secret plan' is wrong"},"request_id":"req_1"}"""u8.ToArray(), "application/json", 10));
        Assert.Equal("""{"type":"error","error":{"type":"invalid_request_error"}}""", kept);
    }

    private static byte[] Keep(AnswerFilter filter, byte[] body, string type, int size, string? encoding = null)
    {
        var headers = new List<HeaderLine> { new("content-type", type), new("content-length", "12") };
        if (encoding is not null)
            headers.Add(new("content-encoding", encoding));
        var kept = filter.Begin(new AnswerMetadata(200, headers, 0));
        Assert.Null(kept.Headers.Find("content-length"));
        Assert.Null(kept.Headers.Find("content-encoding"));
        var output = new ArrayBufferWriter<byte>();
        foreach (var piece in body.Chunk(size))
            filter.Take(piece, output);
        filter.End(output);
        return output.WrittenSpan.ToArray();
    }

    private static string Delta(string type, string name, string text) =>
        $"event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"{type}\",\"{name}\":{JsonSerializer.Serialize(text)}}}}}\n\n";

    private static byte[] Stream(IEnumerable<string> deltas) => Encoding.UTF8.GetBytes(string.Concat([
        Streams.Events[0],
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
        .. deltas,
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
        Streams.Events[^2],
        Streams.Events[^1]]));

    private static byte[] Compressed(byte[] body)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
            gzip.Write(body);
        return output.ToArray();
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
