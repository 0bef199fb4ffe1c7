using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nexus.Web.Capture;

namespace Nexus.Web.Pages.Shared;

/// <summary>JSON for reading: indented, and without escapes that only HTML would need (the page escapes it once more).</summary>
internal static class PrettyJson
{
    /// <summary>Longer texts are cut on the page; the exact bytes are a link away.</summary>
    public const int Longest = 200_000;

    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(JsonNode? node)
    {
        try
        {
            return node is null ? "" : Cut(node.ToJsonString(Options));
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            return "This holds text that is no Unicode; see the exact bytes.";
        }
    }

    /// <summary>A body as it is shown: JSON where it is that, else its text.</summary>
    public static string Of(ReadOnlyMemory<byte> body) =>
        body.IsEmpty ? "" : MessageAssembler.ParseForDisplay(body.Span) is { } node ? Of(node) : Cut(Encoding.UTF8.GetString(body.Span));

    public static string Cut(string text) => text.Length <= Longest ? text : text[..Longest] + "\n… cut here; the exact bytes are linked above.";
}
