using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nexus.Web.Capture;

/// <summary>
/// Looks into JSON bytes without a document model: finds where values end by their brackets and quotes alone. It accepts more
/// than JSON and never throws; of a repeated key the first counts; a key written with escapes is not recognised.
/// </summary>
internal static class JsonSlice
{
    private static readonly SearchValues<byte> EndOfScalar = SearchValues.Create(",]} \t\r\n"u8);
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);

    /// <summary>The value of an object's member; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Member(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        foreach (var member in Members(json))
            if (member.Name.SequenceEqual(name))
                return member.Value;
        return default;
    }

    /// <summary>The members of an object in order, as far as they are whole; none for anything else.</summary>
    public static MemberEnumerator Members(ReadOnlySpan<byte> json) => new(json);

    /// <summary>The elements of an array in order, as far as they are whole; none for anything else.</summary>
    public static ElementEnumerator Elements(ReadOnlySpan<byte> json) => new(json);

    public static bool IsObject(ReadOnlySpan<byte> json) => !json.IsEmpty && json[0] == '{';

    public static bool IsArray(ReadOnlySpan<byte> json) => !json.IsEmpty && json[0] == '[';

    /// <summary>A missing value counts as null.</summary>
    public static bool IsNull(ReadOnlySpan<byte> json) => json.IsEmpty || json.SequenceEqual("null"u8);

    /// <summary>The text of a string; null for anything else. What is no Unicode in it is shown as U+FFFD.</summary>
    public static string? Text(ReadOnlySpan<byte> json)
    {
        if (json.Length < 2 || json[0] != '"')
            return null;
        var inside = json[1..^1];
        if (!inside.Contains((byte)'\\'))
            return Encoding.UTF8.GetString(inside);
        try
        {
            var reader = new Utf8JsonReader(json);
            return reader.Read() ? reader.GetString() : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return MessageAssembler.ParseForDisplay(json) is JsonValue value ? MessageAssembler.Text(value) : null;
        }
    }

    /// <summary>A whole number; null for anything else.</summary>
    public static long? Number(ReadOnlySpan<byte> json) =>
        Utf8Parser.TryParse(json, out long value, out var read) && read == json.Length ? value : null;

    public static int SkipSpace(ReadOnlySpan<byte> json, int at)
    {
        while (at < json.Length && json[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            at++;
        return at;
    }

    /// <summary>Where the value at <paramref name="at"/> ends; −1 when it does not.</summary>
    public static int EndOfValue(ReadOnlySpan<byte> json, int at)
    {
        if (at >= json.Length)
            return -1;
        if (json[at] == '"')
            return EndOfString(json, at);
        if (json[at] is not ((byte)'{' or (byte)'['))
        {
            var length = json[at..].IndexOfAny(EndOfScalar);
            return length > 0 ? at + length : -1;
        }

        var depth = 0;
        while (at < json.Length)
        {
            var hit = json[at..].IndexOfAny(Structure);
            if (hit < 0)
                return -1;
            at += hit;
            switch (json[at])
            {
                case (byte)'"':
                    at = EndOfString(json, at);
                    if (at < 0)
                        return -1;
                    continue;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                default:
                    if (--depth == 0)
                        return at + 1;
                    break;
            }

            at++;
        }

        return -1;
    }

    public static int EndOfString(ReadOnlySpan<byte> json, int at)
    {
        at++;
        while (at < json.Length)
        {
            var hit = json[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (hit < 0)
                return -1;
            at += hit;
            if (json[at] == '"')
                return at + 1;
            at += 2;
        }

        return -1;
    }

    /// <summary>Reads <c>"name" :</c> at <paramref name="at"/>; the place of the value, or −1.</summary>
    public static int StartOfMemberValue(ReadOnlySpan<byte> json, int at, out Range name)
    {
        name = default;
        if (at >= json.Length || json[at] != '"' || EndOfString(json, at) is not (> 0 and var nameEnd))
            return -1;
        name = (at + 1)..(nameEnd - 1);
        at = SkipSpace(json, nameEnd);
        return at < json.Length && json[at] == ':' ? SkipSpace(json, at + 1) : -1;
    }

    internal readonly ref struct JsonMember(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        public ReadOnlySpan<byte> Name { get; } = name;
        public ReadOnlySpan<byte> Value { get; } = value;
    }

    internal ref struct MemberEnumerator(ReadOnlySpan<byte> json)
    {
        private readonly ReadOnlySpan<byte> _json = json;
        private int _at = IsObject(json) ? 1 : json.Length;

        public JsonMember Current { get; private set; }

        /// <summary>The object's closing bracket was reached.</summary>
        public bool Closed { get; private set; }

        public readonly MemberEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            _at = SkipSpace(_json, _at);
            while (_at < _json.Length && _json[_at] == ',')
                _at = SkipSpace(_json, _at + 1);
            Closed = _at < _json.Length && _json[_at] == '}';
            var start = StartOfMemberValue(_json, _at, out var name);
            var end = start < 0 ? -1 : EndOfValue(_json, start);
            if (end < 0)
                return false;
            Current = new JsonMember(_json[name], _json[start..end]);
            _at = end;
            return true;
        }
    }

    internal ref struct ElementEnumerator(ReadOnlySpan<byte> json)
    {
        private readonly ReadOnlySpan<byte> _json = json;
        private int _at = IsArray(json) ? 1 : json.Length;

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly ElementEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            _at = SkipSpace(_json, _at);
            while (_at < _json.Length && _json[_at] == ',')
                _at = SkipSpace(_json, _at + 1);
            var end = _at < _json.Length && _json[_at] == ']' ? -1 : EndOfValue(_json, _at);
            if (end < 0)
                return false;
            Current = _json[_at..end];
            _at = end;
            return true;
        }
    }
}
