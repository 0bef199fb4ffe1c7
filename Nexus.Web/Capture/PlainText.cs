using System.Text;

namespace Nexus.Web.Capture;

/// <summary>Text that PostgreSQL takes: without U+0000, lone surrogates replaced, and not longer than its column is for.</summary>
internal static class PlainText
{
    public static string? Clean(string? text, int most = 255)
    {
        if (text is null)
            return null;
        if (text.Length > most)
            text = text[..(most > 0 && char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
        text = text.Replace("\0", "", StringComparison.Ordinal);
        // Encoding replaces what is no character by U+FFFD.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
    }
}
