using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Proxy;

namespace Nexus.Web.Credentials;

internal enum AccountKind
{
    ApiKey,
    OAuth,
}

/// <summary>A Claude account of a credential file. Made anew when its file changes; what is known of the account by its id outlives that.</summary>
/// <param name="id">Of the ledger and the pages. The same id in two files means the same account.</param>
/// <param name="domain">Whose file it is in.</param>
/// <param name="position">In the file's <c>accounts</c>; null where the file is the account.</param>
/// <param name="apiKey">Anthropic's key; empty where there are tokens.</param>
/// <param name="baseUrl">The account's own upstream; null for CLAUDE_API_BASE_URL.</param>
internal sealed class Account(string id, string domain, int? position, string apiKey, OAuthTokens? tokens, Uri? baseUrl, AccountState state)
{
    private volatile OAuthTokens? _tokens = tokens;

    public string Id => id;

    public string Domain => domain;

    public int? Position => position;

    public Uri? BaseUrl => baseUrl;

    public string ClusterId { get; } = Upstreams.IdOf(baseUrl);

    public AccountState State => state;

    public AccountKind Kind => Tokens is null ? AccountKind.ApiKey : AccountKind.OAuth;

    /// <summary>What the upstream is shown; never logged.</summary>
    public string Secret => Tokens?.Access ?? apiKey;

    /// <summary>Null for an API key.</summary>
    public OAuthTokens? Tokens { get => _tokens; set => _tokens = value; }

    /// <summary>The refresh token in the file that <see cref="Tokens"/> descend from: only that one may be replaced there.</summary>
    public string? FiledRefresh { get; set; } = tokens?.Refresh;

    /// <summary>How the last refreshes of the tokens went; only of accounts with tokens.</summary>
    public TokenHealth Health { get; set; } = TokenHealth.Sound;
}
