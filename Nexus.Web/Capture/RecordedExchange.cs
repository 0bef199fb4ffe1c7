namespace Nexus.Web.Capture;

/// <summary>An exchange as the journal gives it back to the ingest worker, whole.</summary>
/// <param name="Id">UUIDv7 of <see cref="StartMetadata.StartedAt"/>; the answer's <c>x-nexus-request-id</c>.</param>
/// <param name="RequestBody">As the client sent it (its own content-encoding); empty when not kept.</param>
/// <param name="Answer">Null when no response headers arrived.</param>
/// <param name="ResponseBody">As the upstream sent it, as far as it came.</param>
/// <param name="PayloadShed">The journal was past its limit and dropped payload bytes; the usage-bearing ends of the answer are kept.</param>
internal sealed record RecordedExchange(
    Guid Id,
    StartMetadata Start,
    ReadOnlyMemory<byte> RequestBody,
    AnswerMetadata? Answer,
    ReadOnlyMemory<byte> ResponseBody,
    IReadOnlyList<Arrival> Arrivals,
    EndMetadata End,
    bool PayloadShed);
