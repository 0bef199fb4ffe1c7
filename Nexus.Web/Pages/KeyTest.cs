using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Nexus.Web.Listening;

namespace Nexus.Web.Pages;

/// <summary>Tries a key as a client would: lists the models through Nexus's own proxy port, which spends no token.</summary>
internal sealed class KeyTest(IServer server, TlsCertificate certificate) : IDisposable
{
    private readonly HttpClient _client = new(OwnAddress.Handler(certificate)) { Timeout = TimeSpan.FromSeconds(10) };

    /// <returns>Whether the key was accepted, and what that means.</returns>
    public async Task<(bool Accepted, string Meaning)> TryAsync(string domain, string key, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(OwnAddress.OfProxy(server), "/v1/models?limit=1"));
            request.Headers.Host = domain;
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
            request.Headers.TryAddWithoutValidation("anthropic-version", "2023-06-01");
            using var answer = await _client.SendAsync(request, cancellation);
            var id = answer.Headers.TryGetValues("x-nexus-request-id", out var ids) ? ids.Single() : null;
            var body = answer.IsSuccessStatusCode ? null : await answer.Content.ReadAsStringAsync(cancellation);
            return Judge(answer.StatusCode, body, id);
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return (false, $"The proxy's own port did not answer: {error.Message}");
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>An answer whose body names Nexus's own request id was written by Nexus; every other came from the upstream, so the key had passed.</summary>
    private static (bool Accepted, string Meaning) Judge(HttpStatusCode status, string? body, string? id)
    {
        if (body is null)
            return (true, $"{(int)status}: the key is accepted, and the upstream answered.");
        var json = Parse(body);
        var message = json?["error"]?["message"]?.ToString();
        if (id is null || json?["request_id"]?.ToString() != id)
            return (true, $"The key is accepted, but the upstream answered {(int)status}{(message is null ? "" : ": " + message)}. Look at the account's credential.");
        return status is HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout
            ? (true, $"The key is accepted, but the upstream cannot be reached: {message}")
            : (false, $"{(int)status}: {message}");
    }

    private static JsonNode? Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
