namespace Nexus.Web.Storage;

/// <summary>
/// What a request and its answer consisted of (table <c>request_payloads</c>, partitioned as the ledger is).
/// The request body's parts are the first <see cref="PrefixKept"/> parts of <see cref="BaseId"/>'s list followed by <see cref="Parts"/>;
/// a list whose base is expired by retention is rewritten whole first.
/// </summary>
internal sealed class PayloadRow
{
    public required DateTimeOffset StartedAt { get; set; }
    public required Guid Id { get; set; }

    /// <summary>Null when <see cref="Parts"/> is the whole list.</summary>
    public Guid? BaseId { get; set; }

    public int PrefixKept { get; set; }

    /// <summary>Hashes of <see cref="PartRow"/>s, 32 bytes each, in the order in which <see cref="Capture.RequestParts"/> joins them; empty when there was no body.</summary>
    public required byte[] Parts { get; set; }

    /// <summary>Hash of the part that holds the request's headers (JSON array of name and value pairs, secrets masked, Content-Length left out).</summary>
    public byte[]? RequestHeaders { get; set; }

    /// <summary>zstd of a JSON array of name and value pairs.</summary>
    public byte[]? ResponseHeaders { get; set; }

    /// <summary>zstd of the answer's bytes as received, in their own content-encoding.</summary>
    public byte[]? Response { get; set; }

    /// <summary>Varint pairs (offset delta, microseconds delta), one per read from upstream.</summary>
    public byte[]? Arrivals { get; set; }

    /// <summary>zstd of the assembled message (JSON) of a streamed answer; null where <see cref="Response"/> is the message.</summary>
    public byte[]? Message { get; set; }
}
