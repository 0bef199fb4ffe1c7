using System.Globalization;
using System.Text;

namespace Nexus.Web.Capture.Redaction;

/// <summary>A text with the escapes of a JSON string undone once, and the way back from its places to those of the text. What is no escape stays as it is.</summary>
internal sealed class Unescaped
{
    private readonly List<(int Start, int End, int At)> _escapes;

    private Unescaped(string text, List<(int Start, int End, int At)> escapes) => (Text, _escapes) = (text, escapes);

    public string Text { get; }

    /// <summary>Null for a text without escapes.</summary>
    public static Unescaped? Of(string text)
    {
        var next = text.IndexOf('\\', StringComparison.Ordinal);
        if (next < 0)
            return null;
        var plain = new StringBuilder(text.Length);
        var escapes = new List<(int, int, int)>();
        var at = 0;
        while (next >= 0 && next < text.Length - 1)
        {
            plain.Append(text, at, next - at);
            at = next;
            if (Escape(text.AsSpan(next)) is var (character, length))
            {
                escapes.Add((next, next + length, plain.Length));
                plain.Append(character);
                at += length;
            }

            next = text.IndexOf('\\', Math.Max(at, next + 1));
        }

        return escapes.Count == 0 ? null : new(plain.Append(text, at, text.Length - at).ToString(), escapes);
    }

    /// <summary>Where a piece of <see cref="Text"/> stands in what it was made of.</summary>
    public Edit InSource(Edit edit) => Between(Source(edit.Start), Source(edit.End), edit);

    /// <summary>The way there, without the halves of escapes at the ends: else what is left would be no JSON.</summary>
    public Edit InText(Edit edit)
    {
        var start = Place(edit.Start, begins: true);
        return Between(start, Math.Max(start, Place(edit.End, begins: false)), edit);
    }

    private static Edit Between(int start, int end, Edit edit) => edit with { Start = start, Length = end - start };

    private int Source(int at) => Before(escape => escape.At < at) is var (_, end, was) ? end + at - was - 1 : at;

    private int Place(int source, bool begins) => Before(escape => escape.Start < source) is not var (_, end, at) ? source
        : source >= end ? at + 1 + source - end
        : begins ? at + 1 : at;

    /// <summary>The last one for which it holds; it holds for all before that.</summary>
    private (int Start, int End, int At)? Before(Predicate<(int Start, int End, int At)> holds)
    {
        var (low, high) = (0, _escapes.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = holds(_escapes[middle]) ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? null : _escapes[low - 1];
    }

    private static (char Character, int Length)? Escape(ReadOnlySpan<char> text) => text[1] switch
    {
        '"' or '\\' or '/' => (text[1], 2),
        'n' => ('\n', 2),
        'r' => ('\r', 2),
        't' => ('\t', 2),
        'b' => ('\b', 2),
        'f' => ('\f', 2),
        'u' when text.Length >= 6 && ushort.TryParse(text[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) => ((char)code, 6),
        _ => null,
    };
}
