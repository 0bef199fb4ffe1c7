using Microsoft.Extensions.Options;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.Limits;

/// <summary>The limits that the variables RATE_LIMIT_* (each key) and DOMAIN_RATE_LIMIT_* (each domain) make where they are set.</summary>
internal sealed class LegacyLimits(IOptions<LimitOptions> options)
{
    public IReadOnlyList<LimitRow> All { get; } =
    [
        .. Of("env_key", "RATE_LIMIT", "key", options.Value.PerKey),
        .. Of("env_domain", "DOMAIN_RATE_LIMIT", "domain", options.Value.PerDomain),
    ];

    private static IEnumerable<LimitRow> Of(string id, string name, string scope, RateOptions rate)
    {
        if (rate is { MaxRequests: 0, MaxTokens: 0 })
            yield break;
        yield return new LimitRow
        {
            Id = id,
            Name = name,
            Scope = scope,
            Subject = "*",
            RequestsPerMinute = rate.MaxRequests > 0 ? rate.MaxRequests : null,
            TokensPerMinute = rate.MaxTokens > 0 ? rate.MaxTokens : null,
            RateWindow = TimeSpan.FromMilliseconds(rate.WindowMs),
            StartsAt = DateTimeOffset.UnixEpoch,
            CreatedAt = DateTimeOffset.UnixEpoch,
            CreatedBy = "environment",
            UpdatedAt = DateTimeOffset.UnixEpoch,
        };
    }
}
