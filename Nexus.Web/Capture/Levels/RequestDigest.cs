using System.Security.Cryptography;

namespace Nexus.Web.Capture.Levels;

/// <summary>What the ledger says of a request whose body is not kept: identifiers, counts and a hash, taken while the body is at hand.</summary>
/// <param name="BodyHash">First 16 bytes of the SHA-256 of the body; null without one.</param>
internal sealed record RequestDigest(RequestFacts Facts, byte[]? BodyHash)
{
    public static RequestDigest Of(StartMetadata start, ReadOnlyMemory<byte> body)
    {
        var decoded = ContentDecoding.Decode(body, ContentDecoding.EncodingOf(start.Headers)) ?? default;
        var cut = new BodyCut();
        cut.Read(decoded.Span);
        return new(RequestFacts.Of(start, decoded.Span, cut), body.IsEmpty ? null : SHA256.HashData(body.Span)[..16]);
    }
}
