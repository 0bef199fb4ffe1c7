using System.Text.Json.Serialization;

namespace Nexus.Web.Credentials;

/// <summary>The file format of the older system. With <c>accounts</c> it is a pool, and the fields of one account stand in each of them.</summary>
internal sealed record CredentialFile(
    [property: JsonPropertyName("type")] string? Type,
    [property: JsonPropertyName("accountId")] string? AccountId,
    [property: JsonPropertyName("api_key")] string? ApiKey,
    [property: JsonPropertyName("oauth")] OAuthPart? OAuth,
    [property: JsonPropertyName("client_api_key")] string? ClientApiKey,
    [property: JsonPropertyName("base_url")] string? BaseUrl,
    [property: JsonPropertyName("accounts")] IReadOnlyList<CredentialFile>? Accounts,
    [property: JsonPropertyName("slack")] SlackPart? Slack);

/// <summary>Where the domain's conversations are noted.</summary>
internal sealed record SlackPart(
    [property: JsonPropertyName("webhook_url")] string? WebhookUrl,
    [property: JsonPropertyName("channel")] string? Channel,
    [property: JsonPropertyName("username")] string? Username,
    [property: JsonPropertyName("icon_emoji")] string? IconEmoji,
    [property: JsonPropertyName("enabled")] bool? Enabled);

/// <param name="ExpiresAt">Milliseconds since 1970.</param>
internal sealed record OAuthPart(
    [property: JsonPropertyName("accessToken")] string? AccessToken,
    [property: JsonPropertyName("refreshToken")] string? RefreshToken,
    [property: JsonPropertyName("expiresAt")] double? ExpiresAt,
    [property: JsonPropertyName("scopes")] IReadOnlyList<string>? Scopes,
    [property: JsonPropertyName("isMax")] bool? IsMax);

[JsonSerializable(typeof(CredentialFile))]
internal sealed partial class CredentialJson : JsonSerializerContext;
