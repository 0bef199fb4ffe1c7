using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using Nexus.Bench.Upstream;

namespace Nexus.Bench.Demo;

/// <summary>Sends what the replay makes through the proxy, as the real clients would.</summary>
internal sealed class Gateway(int port, PlannedAnswers answers) : IDisposable
{
    // Who leaves, leaves: without the limit the handler would read on for two seconds.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, MaxResponseDrainSize = 0 }) { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(5) };

    /// <summary>Asks, and reads the answer as it comes. With <paramref name="leaveAfter"/>, leaves after so many deltas of text.</summary>
    /// <returns>The status, and the text that had arrived.</returns>
    public async Task<(HttpStatusCode Status, string Text)> AskAsync(string host, IEnumerable<(string Name, string Value)> headers, JsonObject body, Plan plan, CancellationToken cancellation, int leaveAfter = int.MaxValue)
    {
        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        answers.Expect(bytes, plan);
        using var response = await SendAsync(host, "/v1/messages?beta=true", headers, bytes, cancellation);
        if (response.StatusCode != HttpStatusCode.OK || response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            await response.Content.ReadAsByteArrayAsync(cancellation);
            return (response.StatusCode, "");
        }

        var text = new StringBuilder();
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellation))
        {
            if (JsonNode.Parse(item.Data)?["delta"]?["text"]?.GetValue<string>() is not { } delta)
                continue;
            text.Append(delta);
            if (--leaveAfter == 0)
                break;
        }

        return (response.StatusCode, text.ToString());
    }

    public async Task CountAsync(string host, IEnumerable<(string Name, string Value)> headers, JsonObject body, CancellationToken cancellation)
    {
        using var response = await SendAsync(host, "/v1/messages/count_tokens?beta=true", headers, Encoding.UTF8.GetBytes(body.ToJsonString()), cancellation);
        await response.Content.ReadAsByteArrayAsync(cancellation);
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(string host, string target, IEnumerable<(string Name, string Value)> headers, byte[] body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Host = host;
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }
}
