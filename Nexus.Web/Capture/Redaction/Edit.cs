using System.Buffers;

namespace Nexus.Web.Capture.Redaction;

/// <summary>A piece that is replaced: where it stands, and what is written instead. Units are those of what was looked through, characters or bytes.</summary>
internal readonly record struct Edit(int Start, int Length, string Replacement)
{
    public int End => Start + Length;

    /// <summary>In order, with overlapping ones made one.</summary>
    public static List<Edit> Merge(List<Edit> edits)
    {
        if (edits.Count < 2)
            return edits;
        edits.Sort((a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : b.Length.CompareTo(a.Length));
        var merged = new List<Edit> { edits[0] };
        foreach (var edit in edits.Skip(1))
        {
            var last = merged[^1];
            if (edit.Start >= last.End)
                merged.Add(edit);
            else if (edit.End > last.End)
                merged[^1] = last with { Length = edit.End - last.Start };
        }

        return merged;
    }

    public static string Apply(string text, IReadOnlyList<Edit> edits)
    {
        if (edits.Count == 0)
            return text;
        var result = new System.Text.StringBuilder(text.Length);
        var at = 0;
        foreach (var edit in edits)
        {
            result.Append(text, at, edit.Start - at).Append(edit.Replacement);
            at = edit.End;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    /// <summary>The bytes with the edits done; replacements are ASCII or UTF-8.</summary>
    public static void Apply(ReadOnlySpan<byte> bytes, IReadOnlyList<Edit> edits, IBufferWriter<byte> into)
    {
        var at = 0;
        foreach (var edit in edits)
        {
            into.Write(bytes[at..edit.Start]);
            into.Write(System.Text.Encoding.UTF8.GetBytes(edit.Replacement));
            at = edit.End;
        }

        into.Write(bytes[at..]);
    }
}
