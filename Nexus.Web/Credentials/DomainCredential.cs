using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nexus.Web.Credentials;

/// <summary>What a domain's credential file says, or why it cannot be used.</summary>
/// <param name="AccountId">The Claude account that pays.</param>
/// <param name="ApiKey">Anthropic's key; never logged.</param>
/// <param name="ClientApiKey">The Nexus key that callers of the domain must bring; null when the file has none.</param>
/// <param name="BaseUrl">The account's own upstream; null for CLAUDE_API_BASE_URL.</param>
/// <param name="Problem">Why the file cannot be used, without its contents; null when it can.</param>
internal sealed record DomainCredential(string? AccountId, string ApiKey, string? ClientApiKey, Uri? BaseUrl, string? Problem)
{
    public static DomainCredential Parse(string domain, ReadOnlySpan<byte> json)
    {
        CredentialFile? file;
        try
        {
            file = JsonSerializer.Deserialize(json, CredentialJson.Default.CredentialFile);
        }
        catch (JsonException error)
        {
            return Unusable($"it is not valid JSON (line {error.LineNumber + 1})");
        }

        return file switch
        {
            null => Unusable("it is empty"),
            { Type: "oauth" } => Unusable("it is of type \"oauth\", which this version cannot use; only \"api_key\" works"),
            { Type: not "api_key" } => Unusable("its \"type\" is not \"api_key\""),
            { ApiKey: null or "" } => Unusable("it has no \"api_key\""),
            { BaseUrl: { } url } when !Uri.TryCreate(url, UriKind.Absolute, out _) => Unusable("its \"base_url\" is not a URL"),
            _ => new(file.AccountId ?? domain, file.ApiKey, file.ClientApiKey is "" ? null : file.ClientApiKey, file.BaseUrl is { } url ? new Uri(url) : null, null),
        };
    }

    public static DomainCredential Unusable(string problem) => new(null, "", null, null, problem);
}

/// <summary>The file format of the older system (api_key part).</summary>
internal sealed record CredentialFile(
    [property: JsonPropertyName("type")] string? Type,
    [property: JsonPropertyName("accountId")] string? AccountId,
    [property: JsonPropertyName("api_key")] string? ApiKey,
    [property: JsonPropertyName("client_api_key")] string? ClientApiKey,
    [property: JsonPropertyName("base_url")] string? BaseUrl);

[JsonSerializable(typeof(CredentialFile))]
internal sealed partial class CredentialJson : JsonSerializerContext;
