namespace Nexus.Web.Storage;

/// <summary>A piece of a request body, stored once per domain (table <c>content_parts</c>).</summary>
internal sealed class PartRow
{
    /// <summary>SHA-256 over the domain, a zero byte and the piece: the same piece in two domains is two parts.</summary>
    public required byte[] Hash { get; set; }

    /// <summary>zstd of the piece's bytes.</summary>
    public required byte[] Data { get; set; }

    /// <summary>Bytes before compression.</summary>
    public int Size { get; set; }

    /// <summary>Day of last use; touched at most daily.</summary>
    public DateOnly LastSeen { get; set; }
}
