using System.Buffers;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace Nexus.Web.Capture;

/// <summary>A part's identity, and when the database was last told of it.</summary>
/// <param name="hash">SHA-256 over domain, zero byte and content.</param>
internal sealed class PartInfo(byte[] hash)
{
    public byte[] Hash => hash;

    /// <summary>The day on which the part was last stored or touched.</summary>
    public DateOnly Stored { get; set; }
}

/// <param name="Content">Compressed if the part is new.</param>
internal readonly record struct Part(PartInfo Info, ReadOnlyMemory<byte> Content);

/// <summary>
/// Names parts by their SHA-256. Nearly every part of a request was seen a turn ago, so what was named lately is recognised by
/// a fast 128-bit hash, seeded by chance so that nobody can make two parts collide. For one thread.
/// </summary>
internal sealed class PartCatalog
{
    /// <summary>Parts of one generation; two are held, about 130 bytes a part.</summary>
    private const int MostOfGeneration = 50_000;

    private readonly long _seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
    private Dictionary<UInt128, PartInfo> _young = [];
    private Dictionary<UInt128, PartInfo> _old = [];

    public Part Of(string domain, ReadOnlyMemory<byte> content)
    {
        var key = XxHash128.HashToUInt128(content.Span, _seed ^ (long)XxHash3.HashToUInt64(System.Runtime.InteropServices.MemoryMarshal.AsBytes(domain.AsSpan())));
        if (_young.TryGetValue(key, out var info))
            return new Part(info, content);
        if (!_old.TryGetValue(key, out info))
            info = new PartInfo(HashOf(domain, content.Span));
        if (_young.Count >= MostOfGeneration)
            (_old, _young) = (_young, []);
        _young[key] = info;
        return new Part(info, content);
    }

    private static byte[] HashOf(string domain, ReadOnlySpan<byte> content)
    {
        var whole = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(domain.Length) + 1 + content.Length);
        var length = Encoding.UTF8.GetBytes(domain, whole);
        whole[length++] = 0;
        content.CopyTo(whole.AsSpan(length));
        var hash = SHA256.HashData(whole.AsSpan(0, length + content.Length));
        ArrayPool<byte>.Shared.Return(whole);
        return hash;
    }
}
