using System.Buffers;
using Nexus.Web.Capture;

namespace Nexus.Web.Access.Limits;

/// <summary>
/// The pictures in a request's body. What a picture costs goes by its size on a screen, not by its bytes: counted as text, a screenshot of
/// some megabytes would reserve more than a day's budget. Documents stay text: a page of one may hold more of it than its bytes tell.
/// </summary>
internal static class Pictures
{
    /// <summary>
    /// The most that one costs: 2,576 pixels on the long edge and 4,784 tokens where models see in high resolution, 1,568 pixels and about
    /// 1,600 tokens elsewhere (Anthropic's guide to vision).
    /// </summary>
    public const long MostTokens = 4784;

    /// <summary>How far from its bytes a source says that they are base64.</summary>
    private const int Near = 160;

    private static readonly SearchValues<byte> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\\"u8);

    /// <summary>How many there are, and the bytes of their data.</summary>
    public static (int Count, long Bytes) In(ReadOnlySpan<byte> body)
    {
        var (count, bytes, at) = (0, 0L, 0);
        while (body[at..].IndexOf("\"data\""u8) is var found and >= 0)
        {
            var name = at + found;
            at = name + "\"data\""u8.Length;
            if (!TryValue(body, at, out var start, out var length))
                continue;
            var value = body.Slice(start, length);
            // Whatever else is said to be data is text, and counts as text: only bytes that are a picture's from first to last do not.
            if (IsPicture(value) && value.IndexOfAnyExcept(Base64) < 0 && SaysBase64(body, name, start + length))
                (count, bytes) = (count + 1, bytes + length);
            at = start + length;
        }

        return (count, bytes);
    }

    /// <summary>The string behind the name, without its quotes; base64 has no escape in it but, of some writers, <c>\/</c>.</summary>
    private static bool TryValue(ReadOnlySpan<byte> body, int at, out int start, out int length)
    {
        start = JsonSlice.SkipSpace(body, at);
        length = 0;
        if (start >= body.Length || body[start] != ':')
            return false;
        start = JsonSlice.SkipSpace(body, start + 1);
        if (start >= body.Length || body[start] != '"')
            return false;
        start++;
        length = body[start..].IndexOf((byte)'"');
        return length >= 0;
    }

    /// <summary>PNG, JPEG, GIF and WebP, as base64 begins.</summary>
    private static bool IsPicture(ReadOnlySpan<byte> value) =>
        value.StartsWith("iVBORw0KGgo"u8) || value.StartsWith("/9j/"u8) || value.StartsWith("\\/9j\\/"u8) || value.StartsWith("R0lGOD"u8) || value.StartsWith("UklGR"u8);

    private static bool SaysBase64(ReadOnlySpan<byte> body, int name, int end) =>
        body[Math.Max(0, name - Near)..name].IndexOf("\"base64\""u8) >= 0 || body[end..Math.Min(body.Length, end + Near)].IndexOf("\"base64\""u8) >= 0;
}
