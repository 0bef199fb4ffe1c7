using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Nexus.Web.Capture.Levels;

/// <summary>
/// Keeps of an answer to /v1/messages only what is counted: its model, usage, stop reason, kinds of blocks and errors, in the
/// shape it came in, so that the ledger reads it like any other. No text, no tool input, no message of an error.
/// </summary>
/// <param name="isMessage">False for every other path: nothing is kept of their answers.</param>
/// <param name="identified">Whether ids are kept.</param>
internal sealed class AnswerSkeleton(bool isMessage, bool identified) : AnswerFilter
{
    private long _textBytes;
    private bool _begun;
    private bool _stopped;

    /// <summary>Limits are the account's, and say nothing of the exchange.</summary>
    protected override HeaderLine? Header(HeaderLine header) =>
        header.Name.Equals("content-type", StringComparison.OrdinalIgnoreCase) || (identified && header.Name.Equals("request-id", StringComparison.OrdinalIgnoreCase)) || header.Name.StartsWith("anthropic-ratelimit-", StringComparison.OrdinalIgnoreCase) ? header : null;

    protected override void Event(StreamedEvent item, IBufferWriter<byte> kept)
    {
        if (!isMessage)
            return;
        switch (item.Type)
        {
            case "message_start":
            case "message_delta":
            case "error":
            case "content_block_start":
                Write(item.Type, MessageShape.Of(item.Json, identified), kept);
                break;
            case "content_block_delta":
                _textBytes += DeltaText.Of(item)?.Value is { } text ? Encoding.UTF8.GetByteCount(text) : 0;
                if (!_begun)
                    Write(item.Type, """{"type":"content_block_delta","index":0,"delta":{"type":"not_kept"}}"""u8, kept);
                _begun = true;
                break;
            case "message_stop":
                _stopped = true;
                Write(item.Type, """{"type":"message_stop"}"""u8, kept);
                break;
            default:
                break;
        }
    }

    /// <summary>A stream that broke off is billed by the length of its text: as many dots say it.</summary>
    protected override void Over(IBufferWriter<byte> kept)
    {
        if (_stopped || _textBytes == 0)
            return;
        Write("content_block_delta", Encoding.UTF8.GetBytes($$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{new string('.', (int)Math.Min(_textBytes, 4 << 20))}}}"}}"""), kept);
    }

    protected override void Body(ReadOnlySpan<byte> body, IBufferWriter<byte> kept)
    {
        if (isMessage && MessageShape.Of(body, identified) is { } shape)
            kept.Write(shape);
    }

    private static void Write(string type, ReadOnlySpan<byte> data, IBufferWriter<byte> kept)
    {
        if (data.IsEmpty)
            return;
        kept.Write(Encoding.UTF8.GetBytes($"event: {type}\ndata: "));
        kept.Write(data);
        kept.Write("\n\n"u8);
    }
}
