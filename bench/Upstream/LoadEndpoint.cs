using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Hashing;
using System.IO.Pipelines;
using System.Text;

namespace Nexus.Bench.Upstream;

/// <summary>
/// Answers the load generator. Its header <c>x-simulate-load</c> says how: <c>json &lt;number&gt;</c>, <c>sse</c> (the number is what arrived, hashed) or
/// <c>paced &lt;events&gt; &lt;gap ms&gt;</c>. What arrived is hashed, and the hash goes back in <c>x-simulate-received</c>.
/// </summary>
internal static class LoadEndpoint
{
    public const string Ask = "x-simulate-load";
    public const string ReceivedHeader = "x-simulate-received";
    private static int _requests;

    public static async Task AnswerAsync(HttpContext context, string how)
    {
        var received = await HashAsync(context.Request.BodyReader);
        ApiHeaders.Write(context.Response, "req_011" + Interlocked.Increment(ref _requests).ToString("x21", CultureInfo.InvariantCulture));
        context.Response.Headers[ReceivedHeader] = received.ToString("x16", CultureInfo.InvariantCulture);
        var words = how.Split(' ');
        if (words[0] == "paced")
        {
            await PacedAsync(context, int.Parse(words[1], CultureInfo.InvariantCulture), int.Parse(words[2], CultureInfo.InvariantCulture));
            return;
        }

        var number = words.Length > 1 ? ulong.Parse(words[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) : received;
        var sse = words[0] == "sse";
        var answer = sse ? LoadAnswers.Stream(number) : LoadAnswers.Message(number);
        context.Response.ContentType = sse ? "text/event-stream; charset=utf-8" : "application/json";
        if (!sse)
            context.Response.ContentLength = answer.Length;
        var body = context.Response.BodyWriter;
        for (var piece = 0; piece < answer.Count; piece++)
        {
            body.Advance(answer.Write(piece, number, body.GetSpan(answer.PieceLength(piece))));
            await body.FlushAsync();
        }
    }

    /// <summary>Events at fixed times from the request on; each says when it was due, in microseconds of the machine's monotonic clock.</summary>
    private static async Task PacedAsync(HttpContext context, int events, int gap)
    {
        var start = Stopwatch.GetTimestamp();
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        var body = context.Response.BodyWriter;
        for (var i = 0; i < events; i++)
        {
            var due = start + (i * gap * Stopwatch.Frequency / 1000);
            var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, context.RequestAborted);
            WriteEvent(body, i, events, due);
            await body.FlushAsync(context.RequestAborted);
        }
    }

    private static void WriteEvent(PipeWriter body, int i, int events, long due)
    {
        var micros = due / (Stopwatch.Frequency / 1_000_000);
        var text = i == 0
            ? $$$"""event: message_start{{{'\n'}}}data: {"type":"message_start","message":{"model":"{{{LoadAnswers.Model}}}","id":"msg_01{{{due:x16}}}","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":58,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}},"due":{{{micros}}}}"""
            : i == 1
                ? $$$"""event: content_block_start{{{'\n'}}}data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""},"due":{{{micros}}}}"""
                : i < events - 2
                    ? $$$"""event: content_block_delta{{{'\n'}}}data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"checks the batch "},"due":{{{micros}}}}"""
                    : i == events - 2
                        ? $$$"""event: message_delta{{{'\n'}}}data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":{{{events}}}},"due":{{{micros}}}}"""
                        : $$$"""event: message_stop{{{'\n'}}}data: {"type":"message_stop","due":{{{micros}}}}""";
        Encoding.ASCII.GetBytes(text + "\n\n", body);
    }

    private static async ValueTask<ulong> HashAsync(PipeReader reader)
    {
        var hash = new XxHash3();
        while (true)
        {
            var read = await reader.ReadAsync();
            foreach (var piece in read.Buffer)
                hash.Append(piece.Span);
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return hash.GetCurrentHashAsUInt64();
        }
    }
}
