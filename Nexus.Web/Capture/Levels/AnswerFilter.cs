using System.Buffers;

namespace Nexus.Web.Capture.Levels;

/// <summary>
/// Makes of an answer what may be kept of it, before any of it reaches the journal. An event stream is taken event by event;
/// a JSON body, and whatever is compressed, is held in memory until its end. Used by one request at a time.
/// </summary>
internal abstract class AnswerFilter
{
    /// <summary>Beyond it an answer that must be held is not kept; its usage is then unknown.</summary>
    private const int MostHeld = 8 << 20;

    private readonly EventSplitter _events = new();
    private readonly ArrayBufferWriter<byte> _held = new();
    private string? _encoding;
    private bool _stream;
    private bool _tooLong;

    /// <summary>The answer's metadata as it may be kept.</summary>
    public AnswerMetadata Begin(AnswerMetadata answer)
    {
        _encoding = ContentDecoding.EncodingOf(answer.Headers);
        _stream = answer.Headers.Find("content-type")?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true;
        // What is kept is neither compressed nor as long as what came.
        return answer with { Headers = [.. answer.Headers.Where(header => !header.Name.Equals("content-encoding", StringComparison.OrdinalIgnoreCase) && !header.Name.Equals("content-length", StringComparison.OrdinalIgnoreCase)).Select(Header).OfType<HeaderLine>()] };
    }

    public void Take(ReadOnlySpan<byte> bytes, IBufferWriter<byte> kept)
    {
        if (_stream && _encoding is null)
            Feed(bytes, kept);
        else if (_held.WrittenCount + bytes.Length <= MostHeld && !_tooLong)
            _held.Write(bytes);
        else
            Forget();
    }

    public void End(IBufferWriter<byte> kept)
    {
        if (_held.WrittenCount > 0 && !_tooLong && ContentDecoding.Decode(_held.WrittenMemory, _encoding) is { } body)
        {
            if (_stream)
                Feed(body.Span, kept);
            else
                Body(body.Span, kept);
        }

        _held.Clear();
        if (_stream)
            Over(kept);
    }

    /// <summary>The header as it may be kept; null for not at all.</summary>
    protected abstract HeaderLine? Header(HeaderLine header);

    /// <summary>Takes one event, whole.</summary>
    protected abstract void Event(StreamedEvent item, IBufferWriter<byte> kept);

    /// <summary>The stream is over, wherever it stood. What was left of an unfinished event is lost.</summary>
    protected abstract void Over(IBufferWriter<byte> kept);

    /// <summary>Takes a body that is no event stream.</summary>
    protected abstract void Body(ReadOnlySpan<byte> body, IBufferWriter<byte> kept);

    private void Forget()
    {
        _tooLong = true;
        _held.Clear();
    }

    private void Feed(ReadOnlySpan<byte> bytes, IBufferWriter<byte> kept)
    {
        foreach (var item in _events.Split(bytes))
            Event(item, kept);
    }
}
