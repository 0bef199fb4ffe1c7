using System.Buffers;

namespace Nexus.Web.Capture;

/// <summary>
/// The parts that a request body is stored as: the elements of <c>system</c> and <c>tools</c>, then those of <c>messages</c>,
/// then the skeleton, in this order so that the lists of two turns share a long prefix. Joined by <see cref="Rebuild"/> they
/// are the body again, byte for byte.
/// </summary>
/// <remarks>
/// The skeleton does not say how many messages there are, so that it stays the same from turn to turn. It is, in varints: how
/// many others stand before and after the messages; the length of the gap (skeleton bytes) before each of the former; how the
/// messages are set (0: there are none; 1: the gap before the first, and one that stands between any two; 2: their number and
/// the gap before each; 4 more where cache marks were taken out of messages: how many, and of each the message, the bytes behind
/// it, its length and itself); the gaps before the others after them. Then the gaps themselves and what follows the last piece.
/// </remarks>
internal static class RequestParts
{
    private const int None = 0;
    private const int Even = 1;
    private const int Uneven = 2;
    private const int Marked = 4;

    /// <summary>The messages as they are stored, without the marks that move from turn to turn.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Messages(ReadOnlyMemory<byte> body, BodyCut cut, List<CacheMarker> markers)
    {
        // The newest message's mark is the first; the messages come the other way round.
        var next = markers.Count - 1;
        for (var i = 0; i < cut.Messages.Count; i++)
        {
            var message = body[cut.Messages[i]];
            var marked = next >= 0 && markers[next].FromEnd == cut.Messages.Count - 1 - i;
            yield return marked ? markers[next--].TakenFrom(message.Span) : message;
        }
    }

    /// <summary>The piece that says where the others go.</summary>
    public static byte[] Skeleton(ReadOnlySpan<byte> body, BodyCut cut, List<CacheMarker> markers)
    {
        var (others, messages, before) = (cut.Others, cut.Messages, cut.OthersBefore);
        var (lengths, gaps) = (new ArrayBufferWriter<byte>(64), new ArrayBufferWriter<byte>(256));
        var last = 0;
        Varint(lengths, before);
        Varint(lengths, others.Count - before);
        for (var i = 0; i < before; i++)
            Gap(body, others[i], ref last, lengths, gaps);
        var separator = messages.Count < 2 ? ","u8 : body[messages[0].End.Value..messages[1].Start.Value];
        if (messages.Count == 0)
            Varint(lengths, None);
        else if (IsEven(body, messages, separator))
        {
            Setting(Even, markers, lengths);
            Gap(body, messages[0], ref last, lengths, gaps);
            Varint(lengths, separator.Length);
            gaps.Write(separator);
            last = messages[^1].End.Value;
        }
        else
        {
            Setting(Uneven, markers, lengths);
            Varint(lengths, messages.Count);
            foreach (var message in messages)
                Gap(body, message, ref last, lengths, gaps);
        }

        for (var i = before; i < others.Count; i++)
            Gap(body, others[i], ref last, lengths, gaps);
        return [.. lengths.WrittenSpan, .. gaps.WrittenSpan, .. body[last..]];
    }

    /// <summary>The body again.</summary>
    /// <param name="parts">As listed: others, messages, skeleton.</param>
    /// <exception cref="FormatException">The parts do not belong together.</exception>
    public static byte[] Rebuild(IReadOnlyList<byte[]> parts)
    {
        ReadOnlySpan<byte> skeleton = parts[^1];
        var (before, after) = (Varint(ref skeleton), Varint(ref skeleton));
        var messages = parts.Count - 1 - before - after;
        if (messages < 0)
            throw new FormatException($"The skeleton speaks of {before + after} parts around the messages, but {parts.Count - 1} are there in all.");
        var gapsBefore = Lengths(ref skeleton, before);
        var setting = Varint(ref skeleton);
        if (setting >= Marked)
        {
            parts = Remark(parts, before + after, ref skeleton);
            setting -= Marked;
        }

        var gapsOfMessages = setting switch
        {
            Even when messages > 0 => Lengths(ref skeleton, 2),
            Uneven when Varint(ref skeleton) == messages => Lengths(ref skeleton, messages),
            None when messages == 0 => [],
            _ => throw new FormatException($"The skeleton does not fit {messages} messages."),
        };
        var gapsAfter = Lengths(ref skeleton, after);

        var body = new ArrayBufferWriter<byte>(Math.Max(1, parts.Sum(part => part.Length + 1)));
        for (var i = 0; i < before; i++)
            Write(body, Take(ref skeleton, gapsBefore[i]), parts[i]);
        if (setting == Even)
        {
            Write(body, Take(ref skeleton, gapsOfMessages[0]), parts[before + after]);
            var separator = Take(ref skeleton, gapsOfMessages[1]);
            for (var i = 1; i < messages; i++)
                Write(body, separator, parts[before + after + i]);
        }
        else
            for (var i = 0; i < messages; i++)
                Write(body, Take(ref skeleton, gapsOfMessages[i]), parts[before + after + i]);
        for (var i = 0; i < after; i++)
            Write(body, Take(ref skeleton, gapsAfter[i]), parts[before + i]);
        body.Write(skeleton);
        return body.WrittenSpan.ToArray();
    }

    private static void Setting(int setting, List<CacheMarker> markers, ArrayBufferWriter<byte> lengths)
    {
        Varint(lengths, setting + (markers.Count > 0 ? Marked : 0));
        if (markers.Count == 0)
            return;
        Varint(lengths, markers.Count);
        foreach (var (fromEnd, tail, bytes) in markers)
        {
            Varint(lengths, fromEnd);
            Varint(lengths, tail);
            Varint(lengths, bytes.Length);
            lengths.Write(bytes);
        }
    }

    /// <summary>The parts with the marks in their messages again.</summary>
    private static List<byte[]> Remark(IReadOnlyList<byte[]> parts, int others, ref ReadOnlySpan<byte> skeleton)
    {
        var marked = parts.ToList();
        for (var left = Varint(ref skeleton); left > 0; left--)
        {
            var (fromEnd, tail, length) = (Varint(ref skeleton), Varint(ref skeleton), Varint(ref skeleton));
            var message = marked.Count - 2 - fromEnd;
            if (message < others || length > skeleton.Length)
                throw new FormatException($"The skeleton marks message {fromEnd} from the end, which is not there.");
            marked[message] = new CacheMarker(fromEnd, tail, Take(ref skeleton, length).ToArray()).PutInto(marked[message]);
        }

        return marked;
    }

    private static int[] Lengths(ref ReadOnlySpan<byte> skeleton, int count)
    {
        var lengths = new int[count];
        for (var i = 0; i < count; i++)
            lengths[i] = Varint(ref skeleton);
        return lengths;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> skeleton, int length)
    {
        var taken = skeleton[..length];
        skeleton = skeleton[length..];
        return taken;
    }

    private static void Write(ArrayBufferWriter<byte> body, ReadOnlySpan<byte> gap, byte[] piece)
    {
        body.Write(gap);
        body.Write(piece);
    }

    private static bool IsEven(ReadOnlySpan<byte> body, IReadOnlyList<Range> messages, ReadOnlySpan<byte> separator)
    {
        for (var i = 2; i < messages.Count; i++)
            if (!body[messages[i - 1].End.Value..messages[i].Start.Value].SequenceEqual(separator))
                return false;
        return true;
    }

    private static void Gap(ReadOnlySpan<byte> body, Range piece, ref int last, ArrayBufferWriter<byte> lengths, ArrayBufferWriter<byte> gaps)
    {
        var gap = body[last..piece.Start.Value];
        Varint(lengths, gap.Length);
        gaps.Write(gap);
        last = piece.End.Value;
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
        for (var i = 0; i < 5 && i < from.Length; i++)
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
