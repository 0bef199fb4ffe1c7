namespace Nexus.Web.Usage.Caching;

/// <summary>What the ledger knows of one turn of a session, as far as its prompt cache is concerned.</summary>
/// <param name="Payer">The account, or the caller's own credential: caches are not shared between them.</param>
internal sealed record CacheTurn(
    DateTimeOffset StartedAt,
    Guid Id,
    string Domain,
    string? AccountId,
    string? KeyId,
    string? Owner,
    string SessionId,
    string? AgentId,
    string? Model,
    TokenUsage Tokens,
    int? PriceVersion)
{
    public string? Payer => AccountId ?? KeyId;

    /// <summary>Tokens of its prompt that the cache held once it was answered.</summary>
    public long Cached => Tokens.CacheRead + Tokens.CacheCreation5m + Tokens.CacheCreation1h;
}

/// <param name="HourLong">An earlier turn of the session wrote for an hour, so its entries live that long.</param>
internal sealed record CachePair(CacheTurn Before, CacheTurn Turn, bool HourLong);
