using System.Text.Json;

namespace Nexus.Web.Proxy;

/// <summary>Reads the <c>model</c> that a request asks for, and stops there: the request path looks at nothing else in a body.</summary>
internal static class ModelPeek
{
    private const int Longest = 200;

    public static string? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 256 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isModel = reader.ValueTextEquals("model"u8);
                reader.Read();
                if (isModel)
                    return reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= Longest ? reader.GetString() : null;
                reader.Skip();
            }

            return null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Not JSON, or broken UTF-8: the upstream says so better than we could.
            return null;
        }
    }
}
