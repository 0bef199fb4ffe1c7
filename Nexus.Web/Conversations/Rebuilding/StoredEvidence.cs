using System.Text.Json.Nodes;
using Nexus.Web.Capture;
using Nexus.Web.Storage;

namespace Nexus.Web.Conversations.Rebuilding;

/// <summary>Takes from a stored request what ingest took from it when it came.</summary>
internal sealed class StoredEvidence(PayloadReader payloads)
{
    private readonly EvidenceReader _reader = new();

    /// <summary>Null when nothing of the body is kept, or it belongs to no conversation.</summary>
    public async Task<LinkItem?> ReadAsync(LedgerRow row, CancellationToken cancellation)
    {
        if (row.Payload is not ("stored" or "redacted") || await payloads.ReadAsync(row.Id, cancellation) is not { RequestBody: { } body } payload)
            return null;
        var start = new StartMetadata(row.StartedAt, row.Domain, row.Method, row.Path, "", payload.RequestHeaders, row.AccountId, row.KeyId, row.Owner, row.ModelRequested, null, CaptureLevel.Full);
        var decoded = ContentDecoding.Decode(body, ContentDecoding.EncodingOf(payload.RequestHeaders)) ?? default;
        var cut = BodyCut.Of(decoded.Span);
        var facts = RequestFacts.Of(start, decoded.Span, cut);
        if (_reader.Read(start, decoded.Span, cut, facts) is not { } evidence)
            return null;
        var message = MessageOf(payload);
        return LinkItem.Of(row, evidence, EvidenceReader.OfAnswer(row.Domain, facts, evidence, message, () => message));
    }

    /// <summary>Of a request without a body: what a later one needs to find it.</summary>
    public static LinkItem? OfHashes(LedgerRow row) => row.PrefixHash is { } end
        ? LinkItem.Of(row, new LinkEvidence(end, [], [], [], null, null, null, row.Person ?? 0, null, false, null, null), AnswerEvidence.None)
        : null;

    private static JsonObject? MessageOf(StoredPayload payload)
    {
        var body = payload.Message ?? (payload.ResponseBody is { } kept ? ContentDecoding.Decode(kept, ContentDecoding.EncodingOf(payload.ResponseHeaders)) ?? default : default);
        return MessageAssembler.Parse(body.Span) is JsonObject message && message["content"] is JsonArray ? message : null;
    }
}
