using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Nexus.Web.Capture.Levels;

/// <summary>One event of a stream.</summary>
/// <param name="Raw">Its bytes with the empty line that ends it.</param>
/// <param name="Data">Where the text after <c>data:</c> lies in them.</param>
internal sealed record StreamedEvent(byte[] Raw, Range Data)
{
    public ReadOnlySpan<byte> Json => Raw.AsSpan(Data);

    /// <summary>The <c>type</c> at the top of its data; empty without.</summary>
    public string Type { get; } = TypeOf(Raw.AsSpan(Data));

    private static string TypeOf(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 512 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return "";
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isType = reader.ValueTextEquals("type"u8);
                reader.Read();
                if (isType)
                    return reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
                reader.Skip();
            }

            return "";
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return "";
        }
    }
}

/// <summary>Cuts a stream into its events, however its bytes arrive. An event past the limit is left out.</summary>
internal sealed class EventSplitter
{
    private const int MostOfOne = 4 << 20;
    private static readonly byte[] Name = "data:"u8.ToArray();
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private int _lineStart;
    private bool _skipping;

    public List<StreamedEvent> Split(ReadOnlySpan<byte> bytes)
    {
        var events = new List<StreamedEvent>();
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var piece = end < 0 ? bytes : bytes[..(end + 1)];
            bytes = bytes[piece.Length..];
            Append(piece);
            if (end < 0)
                break;
            // A line ended: an empty one ends the event.
            var line = _buffer.WrittenSpan[_lineStart..].TrimEnd("\r\n"u8);
            _lineStart = _buffer.WrittenCount;
            if (line.Length > 0)
                continue;
            if (!_skipping)
                events.Add(Whole(_buffer.WrittenSpan));
            Reset();
        }

        return events;
    }

    private void Append(ReadOnlySpan<byte> piece)
    {
        if (_buffer.WrittenCount + piece.Length > MostOfOne)
        {
            _skipping = true;
            _buffer.ResetWrittenCount();
            _lineStart = 0;
        }

        // Past the limit only as much is held as tells an empty line from others.
        _buffer.Write(_skipping ? piece[..Math.Min(piece.Length, 2)] : piece);
    }

    private void Reset()
    {
        _buffer.ResetWrittenCount();
        _lineStart = 0;
        _skipping = false;
    }

    private static StreamedEvent Whole(ReadOnlySpan<byte> raw)
    {
        var data = new List<Range>();
        var at = 0;
        while (at < raw.Length)
        {
            var length = raw[at..].IndexOf((byte)'\n') + 1;
            var line = raw.Slice(at, length).TrimEnd("\r\n"u8);
            if (line.StartsWith(Name))
            {
                var start = Name.Length + (line.Length > Name.Length && line[Name.Length] == (byte)' ' ? 1 : 0);
                data.Add((at + start)..(at + line.Length));
            }

            at += length;
        }

        if (data.Count <= 1)
            return new(raw.ToArray(), data.Count == 0 ? 0..0 : data[0]);
        // Data over several lines is one text; of JSON a line feed is as good as a space.
        var joined = new ArrayBufferWriter<byte>();
        joined.Write("data: "u8);
        foreach (var range in data)
        {
            joined.Write(raw[range]);
            joined.Write(" "u8);
        }

        var end = joined.WrittenCount - 1;
        joined.Write("\n\n"u8);
        return new(joined.WrittenSpan.ToArray(), 6..end);
    }
}
