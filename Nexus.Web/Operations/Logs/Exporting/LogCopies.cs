using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;

namespace Nexus.Web.Operations.Logs.Exporting;

/// <summary>Copies of exports outside of DATA_DIR: another directory, S3-compatible storage. What is there already, at the same length, is left.</summary>
internal sealed class LogCopies(IOptions<LogExportOptions> options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Patience };

    /// <summary>How many places there are.</summary>
    public int Places => (options.Value.CopyDirectory.Length > 0 ? 1 : 0) + (options.Value.S3Url.Length > 0 ? 1 : 0);

    /// <returns>How many copies were made.</returns>
    /// <exception cref="IOException">A place cannot be written; says which one and why.</exception>
    public async Task<int> CopyAsync(string path, CancellationToken cancellation)
    {
        var made = 0;
        if (options.Value.CopyDirectory is { Length: > 0 } directory && await ToDirectoryAsync(path, directory, cancellation))
            made++;
        if (options.Value.S3Url is { Length: > 0 } url && await ToStorageAsync(path, url.TrimEnd('/') + "/" + Path.GetFileName(path), cancellation))
            made++;
        return made;
    }

    public void Dispose() => _client.Dispose();

    private static async Task<bool> ToDirectoryAsync(string path, string directory, CancellationToken cancellation)
    {
        var target = Path.Combine(directory, Path.GetFileName(path));
        try
        {
            if (new FileInfo(target) is { Exists: true } there && there.Length == new FileInfo(path).Length)
                return false;
            Directory.CreateDirectory(directory);
            var temporary = target + ".part";
            await using (var from = File.OpenRead(path))
            await using (var to = new FileStream(temporary, PrivateFiles.Writing(FileMode.Create)))
                await from.CopyToAsync(to, cancellation);
            File.Move(temporary, target, overwrite: true);
            return true;
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException($"LOG_EXPORT_COPY_DIR: {error.Message}", error);
        }
    }

    private async Task<bool> ToStorageAsync(string path, string url, CancellationToken cancellation)
    {
        try
        {
            using (var there = await SendAsync(HttpMethod.Head, url, null, S3Signature.Hash([]), cancellation))
                if (there.IsSuccessStatusCode && there.Content.Headers.ContentLength == new FileInfo(path).Length)
                    return false;
            string hash;
            await using (var file = File.OpenRead(path))
                hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
            await using var body = File.OpenRead(path);
            using var content = new StreamContent(body);
            content.Headers.ContentType = new("application/gzip");
            using var answer = await SendAsync(HttpMethod.Put, url, content, hash, cancellation);
            if (answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.NoContent)
                return true;
            var words = await answer.Content.ReadAsStringAsync(cancellation);
            throw new IOException($"LOG_EXPORT_S3_URL: the storage answered {(int)answer.StatusCode}: {words[..Math.Min(words.Length, 300)]}");
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new IOException($"LOG_EXPORT_S3_URL: {error.Message}", error);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, HttpContent? content, string hash, CancellationToken cancellation)
    {
        var address = new Uri(url);
        var now = time.GetUtcNow();
        var signature = new S3Signature(options.Value.S3AccessKey, options.Value.S3SecretKey, options.Value.S3Region);
        using var request = new HttpRequestMessage(method, address) { Content = content };
        request.Headers.TryAddWithoutValidation("x-amz-date", S3Signature.Time(now));
        request.Headers.TryAddWithoutValidation("x-amz-content-sha256", hash);
        request.Headers.TryAddWithoutValidation("Authorization", signature.Sign(method.Method, address.Authority, address.AbsolutePath, "", hash, now));
        return await _client.SendAsync(request, cancellation);
    }
}
