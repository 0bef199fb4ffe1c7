using System.Text.Json;

namespace Nexus.Web.Capture.Levels;

/// <summary>The text that a <c>content_block_delta</c> adds to its block.</summary>
/// <param name="Index">Of the block.</param>
/// <param name="Name">Of the delta's property that holds it: <c>text</c>, <c>thinking</c>, <c>partial_json</c>, or what is yet to be invented.</param>
/// <param name="Start">Where its quoted string begins in the event's data.</param>
internal sealed record DeltaText(StreamedEvent Event, int Index, string Name, string Value, int Start, int Length)
{
    /// <summary>Null when the delta adds no text.</summary>
    public static DeltaText? Of(StreamedEvent item)
    {
        try
        {
            var reader = new Utf8JsonReader(item.Json, new JsonReaderOptions { MaxDepth = 512 });
            var index = 0;
            DeltaText? found = null;
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isIndex, isDelta) = (reader.ValueTextEquals("index"u8), reader.ValueTextEquals("delta"u8));
                reader.Read();
                if (isIndex && reader.TokenType == JsonTokenType.Number)
                    index = reader.TryGetInt32(out var number) ? number : 0;
                if (isDelta && reader.TokenType == JsonTokenType.StartObject)
                    found = Longest(item, ref reader);
                else
                    reader.Skip();
            }

            return found is null ? null : found with { Index = index };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Not JSON, or half a surrogate pair: the event is looked through alone, and not kept where it hides something.
            return null;
        }
    }

    /// <summary>The longest string of the delta other than its type: each kind of delta has one.</summary>
    private static DeltaText? Longest(StreamedEvent item, ref Utf8JsonReader reader)
    {
        DeltaText? longest = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && name != "type" && (longest is null || reader.ValueSpan.Length > longest.Length))
                longest = new(item, 0, name, reader.GetString()!, (int)reader.TokenStartIndex, reader.ValueSpan.Length + 2);
            else
                reader.Skip();
        }

        return longest;
    }
}
