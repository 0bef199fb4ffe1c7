using System.Text;

namespace Nexus.Web.Operations.Channels;

/// <summary>Posts JSON to an address that the operator gave: no redirect is followed, nothing waits long, and little of the answer is read.</summary>
internal sealed class HttpSender : IDisposable
{
    private const int MostOfAnswer = 500;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = Longest, PooledConnectionLifetime = TimeSpan.FromMinutes(5), MaxResponseHeadersLength = 16 }) { Timeout = Timeout.InfiniteTimeSpan };

    public async Task<SendResult> PostAsync(string url, string json, IEnumerable<(string Name, string Value)> headers, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Longest);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
            foreach (var (name, value) in headers)
                request.Headers.TryAddWithoutValidation(name, value);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return response.IsSuccessStatusCode ? SendResult.Sent : await RefusedAsync(response, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new($"No answer within {Longest.TotalSeconds:0} seconds.", Again: true);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or UriFormatException or InvalidOperationException)
        {
            return new(error.Message, Again: true);
        }
    }

    public void Dispose() => _client.Dispose();

    private static async Task<SendResult> RefusedAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        var buffer = new byte[MostOfAnswer];
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var read = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        var said = Capture.PlainText.Clean(Encoding.UTF8.GetString(buffer, 0, read), MostOfAnswer);
        var after = response.Headers.RetryAfter is { } retry ? retry.Delta ?? (retry.Date is { } date ? date - DateTimeOffset.UtcNow : null) : null;
        return new($"It answered {status}{(string.IsNullOrEmpty(said) ? "." : $": {said}")}", Again: status is 408 or 429 or >= 500, After: after is { } wait ? TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 0, LongestWait.Ticks)) : null);
    }
}
