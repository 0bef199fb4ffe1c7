using System.Buffers;
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
/// Names parts by their SHA-256. Nearly every part of a request was seen a turn ago, so what was named lately is recognised by a
/// faster hash. For one thread.
/// </summary>
internal sealed class PartCatalog
{
    /// <summary>Parts of one generation; two are held, about 130 bytes a part.</summary>
    private const int MostOfGeneration = 50_000;

    private readonly RecentlySeen<PartInfo> _known = new(MostOfGeneration);

    public Part Of(string domain, ReadOnlyMemory<byte> content)
    {
        var key = _known.KeyOf(content.Span, domain);
        if (_known.Find(key) is { } known)
            return new Part(known, content);
        var info = new PartInfo(HashOf(domain, content.Span));
        _known.Add(key, info);
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
