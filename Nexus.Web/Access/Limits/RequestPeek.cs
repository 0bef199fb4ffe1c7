using System.Text.Json;
using Nexus.Web.Capture;

namespace Nexus.Web.Access.Limits;

/// <summary>The fields of a request that its limits go by; of a repeated one the first counts. Reading stops at the last of them.</summary>
internal readonly record struct RequestPeek(long? MaxTokens, bool Stream)
{
    public static RequestPeek Read(ReadOnlySpan<byte> body)
    {
        long? maxTokens = null;
        bool? stream = null;
        foreach (var member in JsonSlice.Members(body[JsonSlice.SkipSpace(body, 0)..]))
        {
            if (maxTokens is null && member.Name.SequenceEqual("max_tokens"u8))
                maxTokens = JsonSlice.Number(member.Value);
            else if (stream is null && member.Name.SequenceEqual("stream"u8))
                stream = member.Value.SequenceEqual("true"u8);
            if (maxTokens is not null && stream is not null)
                break;
        }

        // Every message says how many tokens it may take. One that does not, to the eye, may say it with escapes in the name.
        return maxTokens is null ? ReadToken(body) : new(maxTokens, stream ?? false);
    }

    /// <summary>By the grammar, at several times the cost.</summary>
    private static RequestPeek ReadToken(ReadOnlySpan<byte> body)
    {
        long? maxTokens = null;
        bool? stream = null;
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 256 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return default;
            while ((maxTokens is null || stream is null) && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isMax, isStream) = (reader.ValueTextEquals("max_tokens"u8), reader.ValueTextEquals("stream"u8));
                reader.Read();
                if (isMax && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number))
                    maxTokens = number;
                else if (isStream)
                    stream = reader.TokenType == JsonTokenType.True;
                reader.Skip();
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Not JSON: the upstream says so, and nothing is used.
        }

        return new(maxTokens, stream ?? false);
    }
}
