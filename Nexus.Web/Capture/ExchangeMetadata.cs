using MemoryPack;

namespace Nexus.Web.Capture;

/// <summary>What is known when a request goes upstream. Written to the journal before it does. Members may be added at the end.</summary>
/// <param name="StartedAt">Arrival, whole milliseconds, UTC: the time inside the exchange's UUIDv7, so that an id names its ledger partition.</param>
/// <param name="Domain">The normalised <c>Host</c>.</param>
/// <param name="Path">Without the query string.</param>
/// <param name="Query">With its <c>?</c>, or empty.</param>
/// <param name="AccountId">The Claude account that pays; null when the caller brought its own credential.</param>
/// <param name="KeyId">The Nexus key, or for a passed-through credential the first 16 hex digits of its SHA-256.</param>
/// <param name="Model">As the request asks for it; null when it names none.</param>
/// <param name="RemoteAddress">The caller's address as the socket saw it.</param>
/// <param name="Policy">What the caller's limits decided, with their numbers (JSON); null when none applied.</param>
/// <param name="Digest">What was read from a body that is not kept; null where the body itself tells.</param>
[MemoryPackable]
internal sealed partial record StartMetadata(
    DateTimeOffset StartedAt,
    string Domain,
    string Method,
    string Path,
    string Query,
    IReadOnlyList<HeaderLine> Headers,
    string? AccountId,
    string? KeyId,
    string? Owner,
    string? Model,
    string? RemoteAddress,
    CaptureLevel Capture,
    string? Policy = null,
    Levels.RequestDigest? Digest = null);

/// <summary>What is known when the upstream's headers arrive.</summary>
/// <param name="HeadersMicros">Microseconds from the request's arrival to the upstream's response headers.</param>
/// <param name="AccountId">Whose answer it is, where a pool chose; null: as the start says.</param>
[MemoryPackable]
internal sealed partial record AnswerMetadata(int Status, IReadOnlyList<HeaderLine> Headers, long HeadersMicros, string? AccountId = null);

/// <summary>One try to have a request answered.</summary>
/// <param name="AfterMicros">From the request's arrival to its beginning.</param>
/// <param name="WaitMicros">Waited on purpose before it.</param>
/// <param name="DurationMicros">To its failure, or until its answer went to the caller.</param>
/// <param name="Status">The upstream's; null when no headers came.</param>
/// <param name="Scope">Whose fault: <c>request</c>, <c>model</c>, <c>account</c>, <c>upstream</c>; null when it succeeded.</param>
/// <param name="Headers">The upstream's; empty when it succeeded, since they are the answer's then.</param>
[MemoryPackable]
internal sealed partial record AttemptMetadata(string? AccountId, long AfterMicros, long WaitMicros, long DurationMicros, int? Status, string? Scope, string? Error, IReadOnlyList<HeaderLine> Headers);

/// <summary>What is known when an exchange is over.</summary>
/// <param name="Error">One line for people; null when nothing went wrong.</param>
/// <param name="Status">What the caller was answered when Nexus itself answered (refusals, 502, 504); null when the upstream's status went through.</param>
/// <param name="ErrorType">Anthropic's <c>error.type</c> of Nexus's own answer.</param>
/// <param name="RequestBytes">Bytes of body that went upstream (streamed-through bodies are counted, not kept).</param>
/// <param name="ResponseBytes">Bytes of body received from upstream.</param>
/// <param name="Attempts">Where there was more than one, or a pool chose; null otherwise.</param>
[MemoryPackable]
internal sealed partial record EndMetadata(Outcome Outcome, long TotalMicros, long RequestBytes, long ResponseBytes, string? Error = null, int? Status = null, string? ErrorType = null, IReadOnlyList<AttemptMetadata>? Attempts = null);

/// <summary>One read from the upstream.</summary>
/// <param name="Offset">Of the read's first byte in the response body.</param>
/// <param name="Micros">Microseconds from the request's arrival.</param>
internal readonly record struct Arrival(long Offset, long Micros);
