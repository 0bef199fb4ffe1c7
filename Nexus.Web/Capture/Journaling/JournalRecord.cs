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
/// <param name="MetadataLength">Bytes of metadata (MemoryPack) behind the header.</param>
/// <param name="PayloadLength">Bytes of payload behind the metadata.</param>
/// <param name="Crc">As stored.</param>
internal readonly record struct JournalRecord(RecordKind Kind, bool Shed, Guid Id, int MetadataLength, int PayloadLength, uint Crc)
{
    public const int HeaderLength = 36;
    private const int CrcOffset = 32;

    /// <summary>How each record begins.</summary>
    public static ReadOnlySpan<byte> Magic => "NXJ2"u8;

    public long Length => HeaderLength + (long)MetadataLength + PayloadLength;

    /// <summary>Writes header and metadata, and the payload unless it is written separately; the CRC is over all three. The bytes written.</summary>
    public static int Write(Span<byte> record, RecordKind kind, bool shed, Guid id, ReadOnlySpan<byte> metadata, ReadOnlySpan<byte> payload, bool separate)
    {
        record[..HeaderLength].Clear();
        Magic.CopyTo(record);
        record[4] = (byte)kind;
        record[5] = shed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], metadata.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record[12..], payload.Length);
        id.TryWriteBytes(record[16..]);
        metadata.CopyTo(record[HeaderLength..]);
        var length = HeaderLength + metadata.Length;
        if (!separate)
        {
            payload.CopyTo(record[length..]);
            length += payload.Length;
        }

        var crc = new Crc32();
        crc.Append(record[..CrcOffset]);
        crc.Append(metadata);
        crc.Append(payload);
        BinaryPrimitives.WriteUInt32LittleEndian(record[CrcOffset..], crc.GetCurrentHashAsUInt32());
        return length;
    }

    /// <summary>Reads a header; false when these bytes are none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out JournalRecord record)
    {
        record = default;
        if (bytes.Length < HeaderLength || !bytes.StartsWith(Magic))
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
