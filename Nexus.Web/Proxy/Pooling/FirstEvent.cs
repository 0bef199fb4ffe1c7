using System.Text.Json;

namespace Nexus.Web.Proxy.Pooling;

/// <summary>The first event of an event stream: whether it is an error, and of which type. Comments are no events.</summary>
internal static class FirstEvent
{
    /// <summary>A first event longer than this is none that Anthropic sends as an error.</summary>
    public const int Most = 64 * 1024;

    /// <returns>False while the event is not complete.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out bool isError, out string? errorType)
    {
        (isError, errorType) = (false, null);
        ReadOnlySpan<byte> name = default, data = default;
        var hasFields = false;
        while (TryLine(ref bytes, out var line))
        {
            if (line.IsEmpty && hasFields)
            {
                isError = name.SequenceEqual("error"u8) || TypeOf(data, out errorType);
                if (isError && errorType is null)
                    TypeOf(data, out errorType);
                return true;
            }

            if (line.IsEmpty || line[0] == (byte)':')
                continue;
            hasFields = true;
            if (line.StartsWith("event:"u8))
                name = line["event:"u8.Length..].Trim((byte)' ');
            else if (line.StartsWith("data:"u8) && data.IsEmpty)
                data = line["data:"u8.Length..].Trim((byte)' ');
        }

        return false;
    }

    /// <summary>A line without its end, which may be LF, CRLF or CR; a CR at the very end may be half of one.</summary>
    private static bool TryLine(scoped ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> line)
    {
        var end = bytes.IndexOfAny((byte)'\n', (byte)'\r');
        if (end < 0 || (bytes[end] == (byte)'\r' && end + 1 == bytes.Length))
        {
            line = default;
            return false;
        }

        line = bytes[..end];
        bytes = bytes[(end + (bytes[end] == (byte)'\r' && bytes[end + 1] == (byte)'\n' ? 2 : 1))..];
        return true;
    }

    /// <summary>Whether the data is <c>{"type":"error","error":{"type":…}}</c>.</summary>
    private static bool TypeOf(ReadOnlySpan<byte> data, out string? errorType)
    {
        errorType = null;
        var isError = false;
        try
        {
            var reader = new Utf8JsonReader(data);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isType, isBody) = (reader.ValueTextEquals("type"u8), reader.ValueTextEquals("error"u8));
                reader.Read();
                if (isType && reader.TokenType == JsonTokenType.String)
                    isError = reader.ValueTextEquals("error"u8);
                else if (isBody && reader.TokenType == JsonTokenType.StartObject)
                    errorType = InnerType(ref reader);
                else
                    reader.Skip();
            }
        }
        catch (JsonException)
        {
            // Half an event, or none of Anthropic's.
        }

        return isError;
    }

    private static string? InnerType(ref Utf8JsonReader reader)
    {
        string? type = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            reader.Read();
            if (isType && reader is { TokenType: JsonTokenType.String, ValueSpan.Length: < 100 })
                type = reader.GetString();
            else
                reader.Skip();
        }

        return type;
    }
}
