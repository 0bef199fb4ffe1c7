namespace Nexus.Web.Capture;

/// <summary>Compresses what is stored of exchanges, one frame a piece (zstd, RFC 8878). For one thread.</summary>
internal sealed class PayloadCompressor : IDisposable
{
    /// <summary>A larger piece fills its own window soon; it gets more of the processor's time instead.</summary>
    private const int Small = 32 * 1024;

    private const int Kept = 64 * 1024;
    private readonly ZstdSharp.Compressor _small = new(1);
    private readonly ZstdSharp.Compressor _large = new(3);
    private byte[] _compressed = new byte[Kept];

    public PayloadCompressor() => _small.LoadDictionary(PayloadDictionary.Bytes);

    public byte[] Compress(ReadOnlySpan<byte> bytes)
    {
        var most = ZstdSharp.Compressor.GetCompressBound(bytes.Length);
        if (_compressed.Length < most)
            _compressed = new byte[most];
        var length = (bytes.Length <= Small ? _small : _large).Wrap(bytes, _compressed);
        var compressed = _compressed.AsSpan(0, length).ToArray();
        // A large answer is rare: what it needed is not kept.
        if (_compressed.Length > 1 << 20)
            _compressed = new byte[Kept];
        return compressed;
    }

    public void Dispose()
    {
        _small.Dispose();
        _large.Dispose();
    }
}

/// <summary>The other way round. For one thread.</summary>
internal sealed class PayloadDecompressor : IDisposable
{
    private readonly ZstdSharp.Decompressor _plain = new();
    private ZstdSharp.Decompressor? _withDictionary;

    /// <exception cref="InvalidDataException">Compressed with a dictionary that this version does not know.</exception>
    /// <exception cref="ZstdSharp.ZstdException">Not what was stored.</exception>
    public byte[] Decompress(ReadOnlySpan<byte> frame) => PayloadDictionary.Of(frame) switch
    {
        0 => _plain.Unwrap(frame).ToArray(),
        PayloadDictionary.Id => WithDictionary().Unwrap(frame).ToArray(),
        var other => throw new InvalidDataException($"The payload is compressed with dictionary {other}, which this version of Nexus does not have: a newer one stored it."),
    };

    public void Dispose()
    {
        _plain.Dispose();
        _withDictionary?.Dispose();
    }

    private ZstdSharp.Decompressor WithDictionary()
    {
        if (_withDictionary is null)
            (_withDictionary = new()).LoadDictionary(PayloadDictionary.Bytes);
        return _withDictionary;
    }
}

/// <summary>
/// What answers, their headers and messages have in common, so that a small piece need not say it again; docs/decisions has how
/// it was made. Frames name it by its id, and it must stay as long as they do: a better one gets another id beside it.
/// </summary>
internal static unsafe class PayloadDictionary
{
    public const uint Id = 7305001;

    public static byte[] Bytes { get; } = Read();

    /// <summary>The dictionary that a frame needs; 0: none.</summary>
    public static uint Of(ReadOnlySpan<byte> frame)
    {
        fixed (byte* start = frame)
            return ZstdSharp.Unsafe.Methods.ZSTD_getDictID_fromFrame(start, (nuint)frame.Length);
    }

    private static byte[] Read()
    {
        using var resource = typeof(PayloadDictionary).Assembly.GetManifestResourceStream("payload-1.zdict")!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }
}
