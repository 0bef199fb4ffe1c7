using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Nexus.Web.Capture.Redaction;

/// <summary>Redacts the strings, names and numbers of a JSON text; every other byte stays as it came.</summary>
internal static class JsonRedactor
{
    private const int Deepest = 512;

    /// <summary>The edits, in bytes; null when it is no JSON, and so cannot be looked through.</summary>
    public static List<Edit>? Find(Redactor redactor, ReadOnlySpan<byte> json)
    {
        var edits = new List<Edit>();
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Deepest });
            Look(redactor, ref reader, edits);
            return edits;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>As <see cref="Find"/>, for a text that may break off: what follows the last whole token is looked through as text.</summary>
    public static List<Edit> FindInCut(Redactor redactor, ReadOnlySpan<byte> json)
    {
        var edits = new List<Edit>();
        var reader = new Utf8JsonReader(json, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = Deepest }));
        try
        {
            Look(redactor, ref reader, edits);
        }
        catch (JsonException)
        {
            // The rest from here on is text.
        }

        var from = (int)reader.BytesConsumed;
        var rest = json[from..];
        if (rest.IndexOf("\\u"u8) >= 0)
            edits.Add(new Edit(from, rest.Length, Redactor.Unreadable));
        else
            edits.AddRange(FindInBytes(redactor, rest).Select(edit => edit with { Start = edit.Start + from }));
        return edits;
    }

    /// <summary>Looks through bytes that are text, or nearly so: broken UTF-8 hides nothing.</summary>
    public static IEnumerable<Edit> FindInBytes(Redactor redactor, ReadOnlySpan<byte> bytes)
    {
        // One character for each byte keeps places equal; names outside ASCII are looked at as UTF-8 where it is whole.
        var text = Encoding.Latin1.GetString(bytes);
        return redactor.Find(text);
    }

    /// <summary>Writes the redacted body; a body that cannot be looked through is replaced as a whole.</summary>
    public static void Write(Redactor redactor, ReadOnlySpan<byte> json, IBufferWriter<byte> into)
    {
        if (Find(redactor, json) is { } edits)
            Edit.Apply(json, edits, into);
        else
            into.Write(JsonSerializer.SerializeToUtf8Bytes(Redactor.Unreadable));
    }

    /// <summary>A string of JSON with its quotes.</summary>
    public static string Quote(string text) => "\"" + JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text) + "\"";

    private static void Look(Redactor redactor, ref Utf8JsonReader reader, List<Edit> edits)
    {
        var named = false;
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
            {
                var text = named && reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0 ? Redactor.Secret : Replacement(redactor, ref reader);
                if (text is not null)
                    edits.Add(new Edit((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2, Quote(text)));
            }
            else if (reader.TokenType == JsonTokenType.Number && reader.ValueSpan.Length is >= 13 and <= 19 && CardNumbers.IsCard(Encoding.ASCII.GetString(reader.ValueSpan)))
            {
                edits.Add(new Edit((int)reader.TokenStartIndex, reader.ValueSpan.Length, Quote(CardNumbers.Label)));
            }

            named = reader.TokenType == JsonTokenType.PropertyName && reader.ValueSpan.Length <= 64 && Redactor.NamesSecret(Encoding.ASCII.GetString(reader.ValueSpan));
        }
    }

    /// <summary>What stands instead of the string; null when it may stay.</summary>
    private static string? Replacement(Redactor redactor, ref Utf8JsonReader reader)
    {
        string text;
        try
        {
            text = reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair or broken UTF-8: an escape could hide anything, so only plain bytes are looked through.
            return reader.ValueIsEscaped ? Redactor.Unreadable
                : FindInBytes(redactor, reader.ValueSpan).Any() ? redactor.Redact(Encoding.UTF8.GetString(reader.ValueSpan)) : null;
        }

        return redactor.Find(text) is { Count: > 0 } found ? Edit.Apply(text, found) : null;
    }
}
