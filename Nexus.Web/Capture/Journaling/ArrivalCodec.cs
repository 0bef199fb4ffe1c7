namespace Nexus.Web.Capture.Journaling;

/// <summary>Arrival times as LEB128 varint pairs: offset delta, microseconds delta, both from the pair before.</summary>
internal static class ArrivalCodec
{
    public static byte[] Encode(IReadOnlyList<Arrival> arrivals)
    {
        if (arrivals.Count == 0)
            return [];
        var bytes = new List<byte>(arrivals.Count * 4);
        var last = default(Arrival);
        foreach (var arrival in arrivals)
        {
            Write(bytes, arrival.Offset - last.Offset);
            Write(bytes, arrival.Micros - last.Micros);
            last = arrival;
        }

        return [.. bytes];
    }

    /// <summary>Appends what <paramref name="bytes"/> holds; a truncated pair at the end is left out.</summary>
    public static void Decode(ReadOnlySpan<byte> bytes, List<Arrival> arrivals)
    {
        var last = default(Arrival);
        while (TryRead(ref bytes, out var offset) && TryRead(ref bytes, out var micros))
        {
            last = new Arrival(last.Offset + offset, last.Micros + micros);
            arrivals.Add(last);
        }
    }

    private static void Write(List<byte> bytes, long value)
    {
        var rest = (ulong)Math.Max(0, value);
        while (rest >= 0x80)
        {
            bytes.Add((byte)(rest | 0x80));
            rest >>= 7;
        }

        bytes.Add((byte)rest);
    }

    private static bool TryRead(ref ReadOnlySpan<byte> bytes, out long value)
    {
        value = 0;
        for (var i = 0; i < bytes.Length && i < 10; i++)
        {
            value |= (long)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
