using System.Buffers;
using Nexus.Web.Capture.Redaction;

namespace Nexus.Web.Capture.Levels;

/// <summary>What of an exchange may reach the journal at its capture level.</summary>
/// <param name="Answer">Makes the same of the answer; null keeps it as it comes.</param>
internal readonly record struct KeptRequest(StartMetadata Start, ReadOnlyMemory<byte> Body, AnswerFilter? Answer)
{
    /// <summary>Identifiers by which requests are linked; the value of every other header is payload.</summary>
    private static readonly string[] Identifiers = ["x-claude-code-session-id", "x-claude-code-agent-id", "x-claude-code-parent-agent-id"];

    public static KeptRequest Of(StartMetadata start, ReadOnlyMemory<byte> body, Redactor redactor) => start.Capture switch
    {
        CaptureLevel.Redacted => Redacted(start, body, redactor),
        CaptureLevel.Metadata => new(Reduced(start) with { Digest = RequestDigest.Of(start, body), Headers = [.. start.Headers.Where(header => Identifiers.Contains(header.Name, StringComparer.OrdinalIgnoreCase))] }, default, new AnswerSkeleton(start.Path == "/v1/messages", identified: true)),
        CaptureLevel.Off => new(Reduced(start) with { RemoteAddress = null }, default, new AnswerSkeleton(start.Path == "/v1/messages", identified: false)),
        _ => new(start, body, null),
    };

    private static KeptRequest Redacted(StartMetadata start, ReadOnlyMemory<byte> body, Redactor redactor)
    {
        var kept = new ArrayBufferWriter<byte>(body.Length + 64);
        var encoding = ContentDecoding.EncodingOf(start.Headers);
        if (!body.IsEmpty)
            JsonRedactor.Write(redactor, ContentDecoding.Decode(body, encoding) is { } decoded ? decoded.Span : default, kept);
        var headers = start.Headers.Where(header => encoding is null || !header.Name.Equals("content-encoding", StringComparison.OrdinalIgnoreCase));
        return new(
            start with
            {
                Path = redactor.Redact(start.Path),
                Query = redactor.Redact(start.Query),
                Model = start.Model is { } model ? redactor.Redact(model) : null,
                Headers = [.. headers.Select(header => header with { Value = redactor.Redact(header.Value) })],
            },
            kept.WrittenMemory,
            new RedactedAnswer(redactor));
    }

    /// <summary>Of a path only the part that names a kind of request: what follows may be anything.</summary>
    private static StartMetadata Reduced(StartMetadata start)
    {
        var known = start.Path is "/v1/messages" or "/v1/messages/count_tokens";
        return start with { Path = known ? start.Path : string.Join('/', start.Path.Split('/').Take(3)), Query = "", Headers = [] };
    }
}
