using System.Security.Cryptography;
using MemoryPack;
using Nexus.Web.Conversations;

namespace Nexus.Web.Capture.Levels;

/// <summary>What the ledger says of a request whose body is not kept: identifiers, counts and a hash, taken while the body is at hand.</summary>
/// <param name="Link">What it tells about its place in a conversation, in hashes; null for what is in none.</param>
/// <param name="BodyHash">First 16 bytes of the SHA-256 of the body; null without one.</param>
[MemoryPackable]
internal sealed partial record RequestDigest(RequestFacts Facts, byte[]? BodyHash, LinkEvidence? Link = null)
{
    public static RequestDigest Of(StartMetadata start, ReadOnlyMemory<byte> body)
    {
        var decoded = ContentDecoding.Decode(body, ContentDecoding.EncodingOf(start.Headers)) ?? default;
        var cut = new BodyCut();
        cut.Read(decoded.Span);
        var facts = RequestFacts.Of(start, decoded.Span, cut);
        return new(facts, body.IsEmpty ? null : SHA256.HashData(body.Span)[..16], new EvidenceReader().Read(start, decoded.Span, cut, facts)?.WithoutWords());
    }
}
