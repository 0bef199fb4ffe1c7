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
            return null;
        using var decoded = new MemoryStream();
        try
        {
            var buffer = new byte[64 * 1024];
            for (int read; (read = decoder.Read(buffer)) > 0;)
            {
                decoded.Write(buffer, 0, read);
                if (decoded.Length > Most)
                    return null;
            }
        }
        catch (Exception error) when (error is InvalidDataException or InvalidOperationException or ZstdSharp.ZstdException or IOException) // Brotli says the second
        {
            // A stream that broke off: what came out until then is what is known.
            if (decoded.Length == 0)
                return null;
        }

        return decoded.ToArray();
    }

    public static string? EncodingOf(IEnumerable<HeaderLine> headers) => headers.Find("content-encoding");
}
