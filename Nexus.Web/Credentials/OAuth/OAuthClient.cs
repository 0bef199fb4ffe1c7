using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;

namespace Nexus.Web.Credentials.OAuth;

/// <summary>Why the token endpoint gave no tokens; without secrets.</summary>
/// <param name="isRefused">The grant itself is refused (<c>invalid_grant</c>): asking again with it helps nothing.</param>
internal sealed class OAuthException(string message, bool isRefused = false) : Exception(message)
{
    public bool IsRefused => isRefused;
}

/// <summary>Anthropic's token endpoint.</summary>
internal sealed class OAuthClient(IOptions<OAuthOptions> options, TimeProvider time) : IDisposable
{
    public const string Beta = "oauth-2025-04-20";
    private const int LongestAnswer = 64 * 1024;

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = TimeSpan.FromMilliseconds(options.Value.TimeoutMs),
        MaxResponseContentBufferSize = LongestAnswer,
    };

    /// <exception cref="OAuthException">No tokens came.</exception>
    public async Task<OAuthTokens> RefreshAsync(OAuthTokens before, CancellationToken cancellation)
    {
        if (before.Refresh is not { } refresh)
            throw new OAuthException("the file has no refreshToken", isRefused: true);
        var answer = await AskAsync(new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refresh, ["client_id"] = options.Value.ClientId }, cancellation);
        return Tokens(answer) is var tokens && tokens.Refresh is null
            ? tokens with { Refresh = refresh, IsMax = tokens.IsMax ?? before.IsMax }
            : tokens with { IsMax = tokens.IsMax ?? before.IsMax };
    }

    /// <param name="code">What the login page showed before the #.</param>
    /// <exception cref="OAuthException">No tokens came.</exception>
    public async Task<OAuthTokens> ExchangeAsync(string code, Pkce pkce, CancellationToken cancellation) => Tokens(await AskAsync(new()
    {
        ["grant_type"] = "authorization_code",
        ["code"] = code,
        ["state"] = pkce.State,
        ["client_id"] = options.Value.ClientId,
        ["redirect_uri"] = options.Value.RedirectUrl.ToString(),
        ["code_verifier"] = pkce.Verifier,
    }, cancellation));

    public void Dispose() => _http.Dispose();

    private async Task<TokenAnswer> AskAsync(Dictionary<string, string> body, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, options.Value.TokenUrl) { Content = JsonContent.Create(body, OAuthJson.Default.DictionaryStringString) };
            await request.Content.LoadIntoBufferAsync(cancellation); // a counted body: some servers take no chunks
            request.Headers.TryAddWithoutValidation("anthropic-beta", Beta);
            using var response = await _http.SendAsync(request, cancellation);
            if (response.IsSuccessStatusCode)
                return await response.Content.ReadFromJsonAsync(OAuthJson.Default.TokenAnswer, cancellation) is { AccessToken.Length: > 0 } answer ? answer : throw new OAuthException("the token endpoint answered without an access_token");
            var error = await ErrorAsync(response.Content, cancellation);
            throw new OAuthException($"the token endpoint answered {(int)response.StatusCode}{(error is null ? "" : $" {error.Code}{(error.Description is null ? "" : $" ({error.Description})")}")}", error?.Code == "invalid_grant");
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new OAuthException(error is OperationCanceledException ? $"the token endpoint was silent for {options.Value.TimeoutMs / 1000.0:0.#} s" : $"the token endpoint could not be asked: {error.GetBaseException().Message}");
        }
    }

    /// <summary>OAuth's own form, or Anthropic's envelope; null when it is neither.</summary>
    private static async Task<TokenError?> ErrorAsync(HttpContent content, CancellationToken cancellation)
    {
        try
        {
            using var json = JsonDocument.Parse(await content.ReadAsByteArrayAsync(cancellation));
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("error", out var error))
                return null;
            return error.ValueKind switch
            {
                JsonValueKind.String => new(Short(error.GetString()!), json.RootElement.TryGetProperty("error_description", out var more) && more.ValueKind == JsonValueKind.String ? Short(more.GetString()!) : null),
                JsonValueKind.Object => new(error.TryGetProperty("type", out var type) ? Short(type.ToString()) : "error", error.TryGetProperty("message", out var message) ? Short(message.ToString()) : null),
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Short(string text) => text.Length > 200 ? text[..200] : text;

    private OAuthTokens Tokens(TokenAnswer answer) => new(
        answer.AccessToken!,
        answer.RefreshToken is "" ? null : answer.RefreshToken,
        time.GetUtcNow().AddSeconds(Math.Clamp(answer.ExpiresIn ?? 3600, 0, 366 * 86400)),
        answer.Scope is { Length: > 0 } scope ? scope.Split(' ', StringSplitOptions.RemoveEmptyEntries) : options.Value.ScopeList,
        answer.IsMax);

    private sealed record TokenError(string Code, string? Description);
}

internal sealed record TokenAnswer(
    [property: JsonPropertyName("access_token")] string? AccessToken,
    [property: JsonPropertyName("refresh_token")] string? RefreshToken,
    [property: JsonPropertyName("expires_in")] double? ExpiresIn,
    [property: JsonPropertyName("scope")] string? Scope,
    [property: JsonPropertyName("is_max")] bool? IsMax);

[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class OAuthJson : JsonSerializerContext;
