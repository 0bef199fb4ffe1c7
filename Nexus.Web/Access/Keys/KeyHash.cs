using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Nexus.Web.Access.Keys;

/// <summary>The SHA-256 of a key, as a value that a dictionary can look up.</summary>
internal readonly record struct KeyHash(ulong A, ulong B, ulong C, ulong D)
{
    public static KeyHash Of(string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), hash);
        return From(hash);
    }

    public static KeyHash From(ReadOnlySpan<byte> hash) => new(
        BinaryPrimitives.ReadUInt64BigEndian(hash),
        BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(hash[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));

    public byte[] ToBytes()
    {
        var hash = new byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt64BigEndian(hash, A);
        BinaryPrimitives.WriteUInt64BigEndian(hash.AsSpan(8), B);
        BinaryPrimitives.WriteUInt64BigEndian(hash.AsSpan(16), C);
        BinaryPrimitives.WriteUInt64BigEndian(hash.AsSpan(24), D);
        return hash;
    }

    /// <summary>Compares in a time that does not depend on where the two differ.</summary>
    public bool Same(KeyHash other) => ((A ^ other.A) | (B ^ other.B) | (C ^ other.C) | (D ^ other.D)) == 0;
}
