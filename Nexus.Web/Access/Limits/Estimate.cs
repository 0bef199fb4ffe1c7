using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Access.Limits;

/// <summary>The most that a request is expected to use; what it reserves.</summary>
/// <param name="Micros">Millionths of a US dollar.</param>
/// <param name="Tokens">Prompt and longest answer.</param>
/// <param name="PromptTokens">Prompt alone.</param>
internal readonly record struct Estimate(long Micros, long Tokens, long PromptTokens)
{
    /// <summary>
    /// English prose has four to five bytes of JSON a token and code about three and a half; the escapes and field names
    /// around them make it more. Three keeps the estimate above all of these.
    /// </summary>
    public const int BytesPerToken = 3;

    /// <summary>The largest context window there is: what is longer is refused upstream and costs nothing.</summary>
    public const long MostPrompt = 1_000_000;

    /// <summary>Where a body has no <c>max_tokens</c>, which the upstream refuses.</summary>
    private const long NoMaxTokens = 4096;

    /// <summary>The price list's own price of last resort, for as long as none has been read: $5 and $25 per million tokens.</summary>
    private static readonly Price Fallback = new(5_000_000, 25_000_000, 500_000, 6_250_000, 10_000_000);

    /// <summary>
    /// Every prompt token at the price of a five-minute cache write, the dearest class that clients use by themselves, or of a one-hour write
    /// where the body asks for one; and the longest answer.
    /// </summary>
    public static Estimate Of(PriceList? prices, string? model, DateTimeOffset at, ReadOnlySpan<byte> body, long? maxTokens)
    {
        var (pictures, bytes) = Pictures.In(body);
        var text = body.Length - bytes;
        var prompt = Math.Min(((text + BytesPerToken - 1) / BytesPerToken) + (pictures * Pictures.MostTokens), MostPrompt);
        var output = Math.Clamp(maxTokens ?? NoMaxTokens, 0, int.MaxValue);
        var price = prices?.Find(model, at, prompt).Price ?? Fallback;
        var write = body.IndexOf("\"1h\""u8) >= 0 ? price.CacheWrite1h : price.CacheWrite5m;
        return new(Price.Round((Int128)prompt * Math.Max(price.Input, write) + (Int128)output * price.Output), prompt + output, prompt);
    }
}
