using System.Diagnostics;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Metrics;

/// <summary>OpenTelemetry's names for generative AI, as far as Nexus uses them.</summary>
internal static class GenAi
{
    public const string TokenType = "gen_ai.token.type";

    public static TagList Tags(string domain, string asked, string served) => new()
    {
        { "gen_ai.operation.name", "chat" },
        { "gen_ai.provider.name", "anthropic" },
        { "gen_ai.request.model", asked },
        { "gen_ai.response.model", served },
        { "domain", domain },
    };

    /// <summary>The conventions count what comes from the cache and goes into it as input.</summary>
    public static long InputTokens(LedgerRow row) => row.InputTokens + row.CacheCreation5mTokens + row.CacheCreation1hTokens + row.CacheReadTokens;
}
