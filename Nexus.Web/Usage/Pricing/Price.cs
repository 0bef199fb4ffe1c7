namespace Nexus.Web.Usage.Pricing;

/// <summary>What the token classes cost, in millionths of a US dollar per million tokens ($3 per MTok is 3,000,000).</summary>
internal readonly record struct Price(long Input, long Output, long CacheRead, long CacheWrite5m, long CacheWrite1h)
{
    private const long PerMillion = 1_000_000;

    /// <summary>The exact cost in millionths of a micro-dollar; <see cref="Round"/> makes micro-dollars of a sum of these.</summary>
    public Int128 Exact(TokenUsage tokens) =>
        ((Int128)tokens.Input * Input) + ((Int128)tokens.Output * Output) + ((Int128)tokens.CacheRead * CacheRead)
        + ((Int128)tokens.CacheCreation5m * CacheWrite5m) + ((Int128)tokens.CacheCreation1h * CacheWrite1h);

    /// <summary>What cache reads saved against plain input, less what cache writes cost beyond it; below zero when writing did not pay. Exact, as <see cref="Exact"/>.</summary>
    public Int128 ExactSavings(TokenUsage tokens) =>
        ((Int128)tokens.CacheRead * (Input - CacheRead))
        - ((Int128)tokens.CacheCreation5m * (CacheWrite5m - Input)) - ((Int128)tokens.CacheCreation1h * (CacheWrite1h - Input));

    /// <summary>
    /// Whole micro-dollars, half a micro-dollar away from zero. A request is rounded once, after all its classes and attempts
    /// are added up; what does not fit a long is its greatest value.
    /// </summary>
    public static long Round(Int128 exact)
    {
        var whole = ((exact < 0 ? -exact : exact) + (PerMillion / 2)) / PerMillion;
        var bounded = whole > long.MaxValue ? long.MaxValue : (long)whole;
        return exact < 0 ? -bounded : bounded;
    }
}
