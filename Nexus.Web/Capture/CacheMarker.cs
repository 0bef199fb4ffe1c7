namespace Nexus.Web.Capture;

/// <summary>
/// A <c>cache_control</c> near the end of a conversation. Claude Code marks the last message, and the mark moves on with each
/// turn: with it inside, the message would be stored twice, once as the last one and once as part of the history.
/// </summary>
/// <param name="FromEnd">Which message has it, counted from the last one (0).</param>
/// <param name="Tail">Bytes of the message behind it.</param>
/// <param name="Bytes">The mark, with the comma before it.</param>
internal readonly record struct CacheMarker(int FromEnd, int Tail, byte[] Bytes)
{
    /// <summary>Marks further back do not move from turn to turn; there the message keeps them.</summary>
    private const int LastMessages = 4;

    private static ReadOnlySpan<byte> Start => ",\"cache_control\":{"u8;

    /// <summary>At most one a message, the last in it; the newest message first.</summary>
    public static List<CacheMarker> Find(ReadOnlySpan<byte> body, IReadOnlyList<Range> messages)
    {
        var markers = new List<CacheMarker>();
        for (var fromEnd = 0; fromEnd < Math.Min(LastMessages, messages.Count); fromEnd++)
        {
            var message = body[messages[^(fromEnd + 1)]];
            var at = message.LastIndexOf(Start);
            var end = at < 0 ? -1 : JsonSlice.EndOfValue(message, at + Start.Length - 1);
            if (end > 0)
                markers.Add(new(fromEnd, message.Length - end, message[at..end].ToArray()));
        }

        return markers;
    }

    /// <summary>The message without the mark.</summary>
    public byte[] TakenFrom(ReadOnlySpan<byte> message) => [.. message[..^(Tail + Bytes.Length)], .. message[^Tail..]];

    /// <summary>The message as it was.</summary>
    /// <exception cref="FormatException">The mark does not belong to this message.</exception>
    public byte[] PutInto(ReadOnlySpan<byte> message) => Tail <= message.Length
        ? [.. message[..^Tail], .. Bytes, .. message[^Tail..]]
        : throw new FormatException($"A cache mark stands {Tail} bytes before the end of a message of {message.Length}.");
}
