using System.Buffers.Binary;
using System.IO.Hashing;

namespace Nexus.Web.Capture.Journaling;

internal enum RecordKind : byte
{
    /// <summary>Metadata and body of a request, before it goes upstream.</summary>
    Start = 1,

    /// <summary>Bytes of the answer; the first one of an exchange carries the answer's status and headers.</summary>
    Bytes = 2,

    /// <summary>How the exchange ended, with whatever bytes were not written before.</summary>
    End = 3,
}

/// <summary>The frame around a record: magic, kind, flags, two lengths, the exchange's id and a CRC-32 over all but itself.</summary>
/// <param name="Kind">What the record is.</param>
/// <param name="Shed">Payload bytes were left out because the journal was past its limit.</param>
/// <param name="Id">The exchange.</param>
/// <param name="MetadataLength">Bytes of JSON behind the header.</param>
/// <param name="PayloadLength">Bytes of payload behind the metadata.</param>
/// <param name="Crc">As stored.</param>
internal readonly record struct JournalRecord(RecordKind Kind, bool Shed, Guid Id, int MetadataLength, int PayloadLength, uint Crc)
{
    public const int HeaderLength = 36;
    private const uint Magic = 0x314A584E; // "NXJ1"
    private const int CrcOffset = 32;

    public long Length => HeaderLength + (long)MetadataLength + PayloadLength;

    /// <summary>The header's bytes, with the CRC over them, <paramref name="metadata"/> and <paramref name="payload"/>.</summary>
    public static byte[] Header(RecordKind kind, bool shed, Guid id, ReadOnlySpan<byte> metadata, IReadOnlyList<ReadOnlyMemory<byte>> payload)
    {
        var header = new byte[HeaderLength];
        var payloadLength = 0;
        foreach (var piece in payload)
            payloadLength += piece.Length;
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        header[4] = (byte)kind;
        header[5] = shed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), metadata.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), payloadLength);
        id.TryWriteBytes(header.AsSpan(16));
        var crc = new Crc32();
        crc.Append(header.AsSpan(0, CrcOffset));
        crc.Append(metadata);
        foreach (var piece in payload)
            crc.Append(piece.Span);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(CrcOffset), crc.GetCurrentHashAsUInt32());
        return header;
    }

    /// <summary>Reads a header; false when these bytes are none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out JournalRecord record)
    {
        record = default;
        if (bytes.Length < HeaderLength || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            return false;
        var kind = (RecordKind)bytes[4];
        var metadata = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        var payload = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        if (kind is < RecordKind.Start or > RecordKind.End || metadata < 0 || payload < 0)
            return false;
        record = new JournalRecord(kind, bytes[5] != 0, new Guid(bytes.Slice(16, 16)), metadata, payload, BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]));
        return true;
    }

    /// <summary>Whether <paramref name="bytes"/>, a whole record, are what was written.</summary>
    public bool IsIntact(ReadOnlySpan<byte> bytes)
    {
        var crc = new Crc32();
        crc.Append(bytes[..CrcOffset]);
        crc.Append(bytes[HeaderLength..(int)Length]);
        return crc.GetCurrentHashAsUInt32() == Crc;
    }
}
