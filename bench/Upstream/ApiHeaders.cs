using Microsoft.Extensions.Primitives;

namespace Nexus.Bench.Upstream;

/// <summary>The headers that every answer of the API carries. Their values are made once: the load would notice.</summary>
internal static class ApiHeaders
{
    private static readonly KeyValuePair<string, StringValues>[] Constant =
    [
        new("anthropic-organization-id", "5c2f6d0e-8f1b-4b7e-9a53-1d0c7e6a4b21"),
        new("anthropic-ratelimit-requests-limit", "4000"),
        new("anthropic-ratelimit-requests-remaining", "3999"),
        new("anthropic-ratelimit-requests-reset", "2026-11-24T12:00:00Z"),
        new("anthropic-ratelimit-input-tokens-limit", "2000000"),
        new("anthropic-ratelimit-input-tokens-remaining", "1985000"),
        new("anthropic-ratelimit-input-tokens-reset", "2026-11-24T12:00:00Z"),
        new("anthropic-ratelimit-output-tokens-limit", "400000"),
        new("anthropic-ratelimit-output-tokens-remaining", "398000"),
        new("anthropic-ratelimit-output-tokens-reset", "2026-11-24T12:00:00Z"),
    ];

    public static void Write(HttpResponse response, string requestId)
    {
        var headers = response.Headers;
        headers["request-id"] = requestId;
        foreach (var (name, value) in Constant)
            headers[name] = value;
    }
}
