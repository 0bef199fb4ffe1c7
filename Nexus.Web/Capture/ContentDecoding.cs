using System.IO.Compression;

namespace Nexus.Web.Capture;

/// <summary>Decodes a copy of a body for analysis. What is stored and forwarded stays encoded.</summary>
internal static class ContentDecoding
{
    private const int Most = 64 << 20;

    /// <summary>The decoded bytes; <paramref name="body"/> itself without an encoding; null when they cannot be decoded or grow past 64 MiB. A cut body gives what could be decoded.</summary>
    public static ReadOnlyMemory<byte>? Decode(ReadOnlyMemory<byte> body, string? encoding)
    {
        if (string.IsNullOrEmpty(encoding) || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            return body;
        return Read(body, encoding, Most) is { IsLonger: false, Decoded: var decoded } ? decoded : null;
    }

    /// <summary>The first <paramref name="most"/> bytes of what a cut body decodes to, as far as they can be; empty where none can.</summary>
    public static ReadOnlyMemory<byte> Beginning(ReadOnlyMemory<byte> body, string encoding, int most) => Read(body, encoding, most).Decoded ?? default;

    /// <param name="most">Reading ends once there are more; the bytes beyond are at most one buffer.</param>
    private static (ReadOnlyMemory<byte>? Decoded, bool IsLonger) Read(ReadOnlyMemory<byte> body, string encoding, int most)
    {
        using var source = new MemoryStream(body.ToArray());
        using Stream? decoder = encoding.Trim().ToLowerInvariant() switch
        {
            "gzip" or "x-gzip" => new GZipStream(source, CompressionMode.Decompress),
            "br" => new BrotliStream(source, CompressionMode.Decompress),
            "deflate" => new ZLibStream(source, CompressionMode.Decompress),
            "zstd" => new ZstdSharp.DecompressionStream(source),
            _ => null,
        };
        if (decoder is null)
            return default;
        using var decoded = new MemoryStream();
        try
        {
            var buffer = new byte[64 * 1024];
            for (int read; (read = decoder.Read(buffer)) > 0;)
            {
                decoded.Write(buffer, 0, read);
                if (decoded.Length > most)
                    return (decoded.ToArray().AsMemory(0, most), true);
            }
        }
        catch (Exception error) when (error is InvalidDataException or InvalidOperationException or ZstdSharp.ZstdException or IOException) // Brotli says the second
        {
            // A stream that broke off: what came out until then is what is known.
            if (decoded.Length == 0)
                return default;
        }

        return (decoded.ToArray(), false);
    }

    public static string? EncodingOf(IEnumerable<HeaderLine> headers) => headers.Find("content-encoding");
}
