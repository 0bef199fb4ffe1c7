using System.Security.Cryptography;
using System.Text.Json;
using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Credentials.Sealing;

namespace Nexus.Web.Credentials;

/// <summary>Makes accounts of a credential file's bytes; what is wrong with one is said without its contents.</summary>
internal sealed class CredentialParser(CredentialSeal seal, AccountStates states, bool allowOAuthPool)
{
    private const int MostAccounts = 50;

    public DomainCredential Parse(string domain, ReadOnlySpan<byte> json)
    {
        try
        {
            if (JsonSerializer.Deserialize(json, CredentialJson.Default.CredentialFile) is not { } file)
                return DomainCredential.Unusable("it is empty");
            var accounts = file.Accounts is null ? [Account(domain, null, file)] : Pool(domain, file.Accounts);
            return new(accounts, Opened(file.ClientApiKey), null) { Slack = file.Slack };
        }
        catch (JsonException error)
        {
            return DomainCredential.Unusable($"it is not valid JSON (line {error.LineNumber + 1})");
        }
        catch (FormatException error)
        {
            return DomainCredential.Unusable(error.Message);
        }
        catch (CryptographicException)
        {
            return DomainCredential.Unusable("it holds sealed values, and the key that opens them is not under DATA_DIR/keys/credentials");
        }
    }

    /// <summary>Whether the bytes are a whole JSON text, whatever it says.</summary>
    public static bool IsJson(ReadOnlySpan<byte> content)
    {
        try
        {
            var reader = new Utf8JsonReader(content);
            while (reader.Read())
                continue;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private List<Account> Pool(string domain, IReadOnlyList<CredentialFile> files)
    {
        if (files.Count is 0 or > MostAccounts)
            throw new FormatException($"its \"accounts\" has {files.Count} accounts; it takes 1 to {MostAccounts}");
        var accounts = files.Select((file, position) => Account(domain, position, file ?? throw new FormatException($"its account {position + 1} is empty"))).ToList();
        if (accounts.GroupBy(account => account.Id).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new FormatException($"two of its accounts have the accountId '{twice.Key}'");
        if (!allowOAuthPool && accounts.Count(account => account.Kind == AccountKind.OAuth) > 1)
            throw new FormatException("it pools accounts of type \"oauth\", which Anthropic's terms forbid for consumer subscriptions; ALLOW_OAUTH_POOL=true says that yours may be");
        return accounts;
    }

    private Account Account(string domain, int? position, CredentialFile file)
    {
        var which = position is { } at ? $"its account {at + 1}" : "it";
        var id = IdOf(domain, position, file.AccountId);
        Uri? url = null;
        if (file.BaseUrl is { } text && (!Uri.TryCreate(text, UriKind.Absolute, out url) || url.Scheme is not ("http" or "https")))
            throw new FormatException($"{(position is null ? "its" : which + "'s")} \"base_url\" is not a URL");
        return file switch
        {
            { Type: "api_key", ApiKey.Length: > 0 } => new(id, domain, position, Opened(file.ApiKey)!, null, url, states.Of(id)),
            { Type: "api_key" } => throw new FormatException($"{which} has no \"api_key\""),
            { Type: "oauth", OAuth.AccessToken.Length: > 0 } => new(id, domain, position, "", Tokens(file.OAuth), url, states.Of(id)),
            { Type: "oauth" } => throw new FormatException($"{which} has no \"oauth\" with an \"accessToken\"; 'nexus oauth login {domain}' makes one"),
            _ => throw new FormatException(position is null ? "its \"type\" is neither \"api_key\" nor \"oauth\"" : $"{which} has a \"type\" that is neither \"api_key\" nor \"oauth\""),
        };
    }

    /// <summary>The account's id: its own, or one made of its file's domain and its position.</summary>
    public static string IdOf(string domain, int? position, string? accountId) =>
        accountId is { Length: > 0 } ? accountId : position is { } at ? $"{domain}#{at + 1}" : domain;

    public OAuthTokens Tokens(OAuthPart part) => new(
        Opened(part.AccessToken)!,
        Opened(part.RefreshToken),
        part.ExpiresAt is > 0 and < 253_402_300_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds((long)part.ExpiresAt.Value) : null,
        part.Scopes ?? [],
        part.IsMax);

    private string? Opened(string? value) => value is null or "" ? null : seal.Open(value);
}
