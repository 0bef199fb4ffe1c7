using System.Buffers;
using System.Text.Json;

namespace Nexus.Web.Capture.Levels;

/// <summary>Copies of a message, or of an event about one, the values that are counted and nothing that was said.</summary>
internal static class MessageShape
{
    /// <summary>Names whose value is copied when it is a string, a number or a truth value.</summary>
    private static readonly HashSet<string> Values = ["type", "id", "role", "model", "stop_reason", "index"];

    /// <summary>Names whose value is looked into.</summary>
    private static readonly HashSet<string> Objects = ["message", "delta", "error", "content", "content_block"];

    private const int LongestValue = 200;

    /// <summary>Null when it is no JSON object.</summary>
    public static byte[]? Of(ReadOnlySpan<byte> json, bool identified)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 512 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            var kept = new ArrayBufferWriter<byte>(256);
            using (var writer = new Utf8JsonWriter(kept))
                Object(ref reader, writer, json, identified);
            return kept.WrittenSpan.ToArray();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private static void Object(ref Utf8JsonReader reader, Utf8JsonWriter writer, ReadOnlySpan<byte> json, bool identified)
    {
        writer.WriteStartObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (name == "usage" && reader.TokenType == JsonTokenType.StartObject)
            {
                writer.WritePropertyName(name);
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                writer.WriteRawValue(json[start..(int)reader.BytesConsumed]);
            }
            else if (Objects.Contains(name) && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                writer.WritePropertyName(name);
                Nested(ref reader, writer, json, identified);
            }
            else if (identified || name != "id")
            {
                Value(ref reader, writer, name);
            }
            else
            {
                reader.Skip();
            }
        }

        writer.WriteEndObject();
    }

    private static void Nested(ref Utf8JsonReader reader, Utf8JsonWriter writer, ReadOnlySpan<byte> json, bool identified)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            Object(ref reader, writer, json, identified);
            return;
        }

        writer.WriteStartArray();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            if (reader.TokenType == JsonTokenType.StartObject)
                Object(ref reader, writer, json, identified);
            else
                reader.Skip();
        writer.WriteEndArray();
    }

    private static void Value(ref Utf8JsonReader reader, Utf8JsonWriter writer, string name)
    {
        if (!Values.Contains(name))
            reader.Skip();
        else if (reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= LongestValue)
            writer.WriteString(name, reader.GetString());
        else if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number))
            writer.WriteNumber(name, number);
        else if (reader.TokenType is JsonTokenType.Null)
            writer.WriteNull(name);
        else
            reader.Skip();
    }
}
