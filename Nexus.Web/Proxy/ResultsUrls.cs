using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Nexus.Web.Proxy;

/// <summary>
/// Puts Nexus's own address into the <c>results_url</c> of batch answers, the one edit that is made of a body: SDKs follow that
/// address, and would show the caller's Nexus key to the host it names. The ledger keeps the answer as it came.
/// </summary>
internal sealed class ResultsUrls(IOptions<ProxyOptions> options)
{
    /// <summary>On an answer whose body was edited: names what.</summary>
    public const string Label = "x-nexus-rewritten";

    private const string Batches = "/v1/messages/batches";

    /// <summary>A page of 1,000 batches is below 1 MiB.</summary>
    private const int Largest = 16 << 20;

    /// <summary>Whether the answer to this request may hold one: made, read, listed or cancelled batches, but not their results.</summary>
    public bool Applies(HttpRequest request) =>
        options.Value.RewriteResultsUrl
        && (HttpMethods.IsGet(request.Method) || HttpMethods.IsPost(request.Method))
        && request.Path.Value is { } path && path.StartsWith(Batches, StringComparison.Ordinal)
        && (path.Length == Batches.Length || path[Batches.Length] == '/') && !path.EndsWith("/results", StringComparison.Ordinal);

    /// <summary>Asks for an answer that can be read.</summary>
    public static void AskForIdentity(System.Net.Http.Headers.HttpRequestHeaders headers)
    {
        headers.Remove("Accept-Encoding");
        headers.TryAddWithoutValidation("Accept-Encoding", "identity");
    }

    /// <summary>The bytes for the caller in the place of <paramref name="answer"/>'s; null when nothing is to be changed. The answer can still be read.</summary>
    public async Task<byte[]?> RewriteAsync(HttpRequest request, HttpResponseMessage answer, CancellationToken cancellation)
    {
        if (!answer.IsSuccessStatusCode || answer.Content.Headers.ContentType?.MediaType != "application/json"
            || answer.Content.Headers.ContentEncoding.Count > 0 || answer.Content.Headers.ContentLength > Largest)
            return null;
        await answer.Content.LoadIntoBufferAsync(Largest, cancellation);
        return Rewrite(await answer.Content.ReadAsByteArrayAsync(cancellation), AddressFor(request));
    }

    /// <summary>Every other byte of <paramref name="json"/> stays; null when it names no address of results, or is not JSON.</summary>
    /// <param name="address">Without a slash at its end.</param>
    internal static byte[]? Rewrite(ReadOnlySpan<byte> json, string address)
    {
        using var edited = new MemoryStream();
        var copied = 0;
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                // A batch itself, or one of a page's data.
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth is not (1 or 3) || !reader.ValueTextEquals("results_url"u8))
                    continue;
                reader.Read();
                if (reader.TokenType != JsonTokenType.String || reader.GetString() is not { } url || url.IndexOf(Batches + "/", StringComparison.Ordinal) is not (> 0 and var path))
                    continue;
                edited.Write(json[copied..(int)reader.TokenStartIndex]);
                edited.Write(Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(address + url[path..], JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\""));
                copied = (int)reader.BytesConsumed;
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }

        if (copied == 0)
            return null;
        edited.Write(json[copied..]);
        return edited.ToArray();
    }

    private string AddressFor(HttpRequest request) =>
        options.Value.PublicUrl is { Length: > 0 } given ? given.TrimEnd('/') : $"{request.Scheme}://{request.Headers.Host}";
}

/// <summary>Other bytes for the caller in the place of an answer's, which is read to its end all the same: its record is made by reading it.</summary>
internal sealed class ReplacedContent(HttpContent answer, byte[] replacement) : HttpContent
{
    protected override async Task<Stream> CreateContentReadStreamAsync()
    {
        await answer.CopyToAsync(Stream.Null);
        return new MemoryStream(replacement, writable: false);
    }

    protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
    {
        await answer.CopyToAsync(Stream.Null);
        await stream.WriteAsync(replacement);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = replacement.Length;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            answer.Dispose();
        base.Dispose(disposing);
    }
}
