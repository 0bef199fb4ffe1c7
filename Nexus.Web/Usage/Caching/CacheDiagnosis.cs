using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Usage.Caching;

internal static class CacheCauses
{
    public const string Expired = "expired";
    public const string PrefixChanged = "prefix_changed";
    public const string ModelSwitched = "model_switched";
    public const string AccountSwitched = "account_switched";
    public const string Unknown = "unknown";

    public static IReadOnlyList<string> All { get; } = [Expired, PrefixChanged, ModelSwitched, AccountSwitched, Unknown];
}

/// <summary>Tells whether a turn missed the cache that the turn before it left, why, and what that cost.</summary>
internal static class CacheDiagnosis
{
    /// <summary>Anthropic's smallest cacheable prompt for most models; less is not worth a line.</summary>
    public const long LeastTokens = 1024;

    private static readonly TimeSpan ShortLife = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongLife = TimeSpan.FromHours(1);

    /// <summary>
    /// Tokens that the cache held and the turn paid for again; 0 when it hit. A prompt that is shorter than what was cached was
    /// cut back on purpose (compaction, rewind): it could not have used all of it, and counts as no miss.
    /// </summary>
    public static long Missed(CachePair pair)
    {
        var (before, turn) = (pair.Before, pair.Turn);
        if (before.Cached < LeastTokens || turn.Tokens.CacheRead >= before.Cached / 2 || turn.Tokens.Prompt < before.Cached)
            return 0;
        return before.Cached - turn.Tokens.CacheRead;
    }

    /// <summary>The cause that the ledger alone shows; null when the prompts have to be compared.</summary>
    public static string? CauseOf(CachePair pair)
    {
        if (pair.Before.Model != pair.Turn.Model)
            return CacheCauses.ModelSwitched;
        if (pair.Before.Payer != pair.Turn.Payer)
            return CacheCauses.AccountSwitched;
        return pair.Turn.StartedAt - pair.Before.StartedAt > (pair.HourLong ? LongLife : ShortLife) ? CacheCauses.Expired : null;
    }

    /// <summary>What the missed tokens cost beyond a cache read, in micro-dollars: at the price of a write where they were written again, else at that of input.</summary>
    public static long Wasted(long missed, TokenUsage paid, Price price)
    {
        var written = Math.Min(missed, paid.CacheCreation5m + paid.CacheCreation1h);
        var hourly = Math.Min(written, paid.CacheCreation1h);
        var exact = ((Int128)hourly * price.CacheWrite1h) + ((Int128)(written - hourly) * price.CacheWrite5m) + ((Int128)(missed - written) * price.Input) - ((Int128)missed * price.CacheRead);
        return Price.Round(exact);
    }
}
