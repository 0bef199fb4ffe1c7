using System.Buffers;

namespace Nexus.Web.Capture;

/// <summary>
/// Cuts a request body into the pieces that Claude Code resends each turn: every element of the top-level arrays
/// <c>tools</c>, <c>system</c> and <c>messages</c>, and the skeleton around them. Joined by <see cref="Rebuild"/> they are
/// the body again, byte for byte. A body that is not such an object is one piece.
/// </summary>
/// <remarks>
/// Order of the pieces: as they stand in the body, the skeleton last, so that the lists of two turns share a long prefix.
/// The skeleton is a varint count, then per piece a varint of the skeleton bytes before it, then those bytes and the rest.
/// </remarks>
internal static class RequestParts
{
    private static readonly SearchValues<byte> EndOfScalar = SearchValues.Create(",]} \t\r\n"u8);
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);

    /// <summary>The pieces, as ranges of <paramref name="body"/>, in the order of the body; empty when it cannot be cut.</summary>
    public static List<Range> Cut(ReadOnlySpan<byte> body)
    {
        var pieces = new List<Range>();
        var at = SkipSpace(body, 0);
        if (at >= body.Length || body[at] != '{')
            return [];
        at++;
        while (true)
        {
            at = SkipSpace(body, at);
            if (at >= body.Length)
                return [];
            if (body[at] == '}')
                return pieces;
            if (body[at] == ',')
            {
                at++;
                continue;
            }

            if (body[at] != '"' || EndOfString(body, at) is not (> 0 and var nameEnd))
                return [];
            var name = body[(at + 1)..(nameEnd - 1)];
            at = SkipSpace(body, nameEnd);
            if (at >= body.Length || body[at] != ':')
                return [];
            at = SkipSpace(body, at + 1);
            var cut = at < body.Length && body[at] == '[' && (name.SequenceEqual("messages"u8) || name.SequenceEqual("system"u8) || name.SequenceEqual("tools"u8));
            at = cut ? CutArray(body, at, pieces) : EndOfValue(body, at);
            if (at < 0)
                return [];
        }
    }

    /// <summary>The piece that says where the others go.</summary>
    public static byte[] Skeleton(ReadOnlySpan<byte> body, List<Range> pieces)
    {
        var skeleton = new ArrayBufferWriter<byte>();
        Varint(skeleton, pieces.Count);
        var last = 0;
        foreach (var piece in pieces)
        {
            Varint(skeleton, piece.Start.Value - last);
            last = piece.End.Value;
        }

        last = 0;
        foreach (var piece in pieces)
        {
            skeleton.Write(body[last..piece.Start.Value]);
            last = piece.End.Value;
        }

        skeleton.Write(body[last..]);
        return skeleton.WrittenSpan.ToArray();
    }

    /// <summary>The body again.</summary>
    /// <param name="parts">The pieces in order, the skeleton last.</param>
    /// <exception cref="FormatException">The parts do not belong together.</exception>
    public static byte[] Rebuild(IReadOnlyList<byte[]> parts)
    {
        ReadOnlySpan<byte> skeleton = parts[^1];
        var count = Varint(ref skeleton);
        if (count != parts.Count - 1)
            throw new FormatException($"The skeleton speaks of {count} parts, but {parts.Count - 1} are there.");
        var gaps = new int[count];
        for (var i = 0; i < count; i++)
            gaps[i] = Varint(ref skeleton);
        var body = new ArrayBufferWriter<byte>(Math.Max(1, parts.Sum(part => part.Length)));
        for (var i = 0; i < count; i++)
        {
            body.Write(skeleton[..gaps[i]]);
            skeleton = skeleton[gaps[i]..];
            body.Write(parts[i]);
        }

        body.Write(skeleton);
        return body.WrittenSpan.ToArray();
    }

    private static int CutArray(ReadOnlySpan<byte> body, int at, List<Range> pieces)
    {
        at++;
        while (true)
        {
            at = SkipSpace(body, at);
            if (at >= body.Length)
                return -1;
            if (body[at] == ']')
                return at + 1;
            if (body[at] == ',')
            {
                at++;
                continue;
            }

            var end = EndOfValue(body, at);
            if (end <= at)
                return -1;
            pieces.Add(at..end);
            at = end;
        }
    }

    /// <summary>Where the value at <paramref name="at"/> ends; −1 when it does not.</summary>
    private static int EndOfValue(ReadOnlySpan<byte> body, int at)
    {
        if (at >= body.Length)
            return -1;
        if (body[at] == '"')
            return EndOfString(body, at);
        if (body[at] is not ((byte)'{' or (byte)'['))
        {
            var length = body[at..].IndexOfAny(EndOfScalar);
            return length > 0 ? at + length : -1;
        }

        var depth = 0;
        while (at < body.Length)
        {
            var hit = body[at..].IndexOfAny(Structure);
            if (hit < 0)
                return -1;
            at += hit;
            switch (body[at])
            {
                case (byte)'"':
                    at = EndOfString(body, at);
                    if (at < 0)
                        return -1;
                    continue;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                default:
                    if (--depth == 0)
                        return at + 1;
                    break;
            }

            at++;
        }

        return -1;
    }

    private static int EndOfString(ReadOnlySpan<byte> body, int at)
    {
        at++;
        while (at < body.Length)
        {
            var hit = body[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (hit < 0)
                return -1;
            at += hit;
            if (body[at] == '"')
                return at + 1;
            at += 2;
        }

        return -1;
    }

    private static int SkipSpace(ReadOnlySpan<byte> body, int at)
    {
        while (at < body.Length && body[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            at++;
        return at;
    }

    private static void Varint(ArrayBufferWriter<byte> into, int value)
    {
        var rest = (uint)value;
        while (rest >= 0x80)
        {
            into.Write([(byte)(rest | 0x80)]);
            rest >>= 7;
        }

        into.Write([(byte)rest]);
    }

    private static int Varint(ref ReadOnlySpan<byte> from)
    {
        var value = 0;
        for (var i = 0; i < 5; i++)
        {
            value |= (from[i] & 0x7F) << (7 * i);
            if (from[i] < 0x80)
            {
                from = from[(i + 1)..];
                return value;
            }
        }

        throw new FormatException("A count in the skeleton is too long.");
    }
}
