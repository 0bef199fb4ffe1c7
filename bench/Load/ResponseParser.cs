using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Nexus.Bench.Upstream;

namespace Nexus.Bench.Load;

/// <summary>Reads HTTP/1.1 answers out of a connection's bytes, as cheaply as the load allows: what it does not need, it skips.</summary>
internal sealed class ResponseParser(BodySink sink)
{
    private enum Part
    {
        Head,
        Sized,
        ChunkSize,
        Chunk,
        AfterChunk,
        Trailer,
    }

    private byte[] _line = new byte[8192];
    private int _lineLength;
    private Part _part;
    private long _left;

    public int Status { get; private set; }

    /// <summary>What the upstream says it received; null when the answer is not from the simulated one.</summary>
    public ulong? ReceivedHash { get; private set; }

    /// <summary>A byte of the body has arrived.</summary>
    public bool HasBody { get; private set; }

    public void Reset() => (_part, _lineLength, Status, ReceivedHash, HasBody) = (Part.Head, 0, 0, null, false);

    /// <summary>Takes bytes; true when the answer is complete. What comes after it in the same bytes is ignored: nothing is pipelined.</summary>
    /// <exception cref="FormatException">Not an answer this can read.</exception>
    public bool Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_part is Part.Sized or Part.Chunk)
            {
                var piece = bytes[..(int)Math.Min(_left, bytes.Length)];
                HasBody = true;
                sink.Take(piece);
                bytes = bytes[piece.Length..];
                _left -= piece.Length;
                if (_left > 0)
                    continue;
                if (_part == Part.Sized)
                    return true;
                _part = Part.AfterChunk;
            }
            else if (_part == Part.Head ? TakeHead(ref bytes) : TakeLine(ref bytes))
            {
                return true;
            }
        }

        return false;
    }

    private bool TakeHead(ref ReadOnlySpan<byte> bytes)
    {
        var before = _lineLength;
        var room = Math.Min(bytes.Length, _line.Length - before);
        bytes[..room].CopyTo(_line.AsSpan(before));
        var end = _line.AsSpan(0, before + room).IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            if (before + room == _line.Length)
                Array.Resize(ref _line, _line.Length * 2);
            _lineLength = before + room;
            bytes = bytes[room..];
            return false;
        }

        bytes = bytes[(end + 4 - before)..];
        _lineLength = 0;
        return ReadHead(_line.AsSpan(0, end + 2));
    }

    /// <summary>True when no body follows.</summary>
    private bool ReadHead(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1.1 "u8) || !Utf8Parser.TryParse(head[9..12], out int status, out _))
            throw new FormatException($"Not an HTTP/1.1 answer: {Encoding.ASCII.GetString(head[..Math.Min(40, head.Length)])}");
        Status = status;
        if (Header(head, "x-simulate-received") is { IsEmpty: false } received)
            ReceivedHash = ulong.Parse(Encoding.ASCII.GetString(received), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (Header(head, "content-length") is { IsEmpty: false } length && Utf8Parser.TryParse(length, out _left, out _))
        {
            _part = Part.Sized;
            return _left == 0;
        }

        if (!Header(head, "transfer-encoding").SequenceEqual("chunked"u8))
            throw new FormatException("The answer has neither a length nor chunks.");
        _part = Part.ChunkSize;
        return false;
    }

    /// <summary>A header's value; empty when absent.</summary>
    private static ReadOnlySpan<byte> Header(ReadOnlySpan<byte> head, string name)
    {
        foreach (var range in head.Split("\r\n"u8))
        {
            var line = head[range];
            if (line.Length > name.Length && line[name.Length] == ':' && Ascii.EqualsIgnoreCase(line[..name.Length], name))
                return Ascii.Trim(line[(name.Length + 1)..]) is var trimmed ? line[(name.Length + 1)..][trimmed] : default;
        }

        return default;
    }

    private bool TakeLine(ref ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        var piece = end < 0 ? bytes : bytes[..end];
        piece.CopyTo(_line.AsSpan(_lineLength));
        _lineLength += piece.Length;
        bytes = bytes[(end < 0 ? piece.Length : end + 1)..];
        if (end < 0)
            return false;
        var line = _line.AsSpan(0, _lineLength).TrimEnd((byte)'\r');
        _lineLength = 0;
        switch (_part)
        {
            case Part.AfterChunk:
                _part = Part.ChunkSize;
                return false;
            case Part.Trailer:
                return line.IsEmpty;
            default:
                if (!Utf8Parser.TryParse(line, out _left, out _, 'x'))
                    throw new FormatException("A chunk has no size.");
                _part = _left == 0 ? Part.Trailer : Part.Chunk;
                return false;
        }
    }
}
