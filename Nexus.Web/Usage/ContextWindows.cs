using System.Globalization;
using System.Text.RegularExpressions;

namespace Nexus.Web.Usage;

/// <param name="Tokens">The most a prompt and its answer may have together.</param>
/// <param name="Estimate">No rule names the model: the limit follows from the shape of its name.</param>
internal readonly record struct ContextWindow(int Tokens, bool Estimate);

/// <summary>Context windows by model (spec §3.6). The first pattern that matches decides.</summary>
internal static partial class ContextWindows
{
    private const int Million = 1_000_000;
    private const int Usual = 200_000;

    private static readonly (Regex Pattern, int Tokens)[] Rules =
    [
        .. new (string, int)[]
        {
            (@"\[1m\]", Million),
            ("claude-(fable|mythos)-5|claude-mythos-preview", Million),
            ("claude-opus-5", Million),
            ("claude-opus-4-[678]", Million),
            ("claude-sonnet-5", Million),
            ("claude-sonnet-4-6", Million),
            ("claude-opus-4|claude-sonnet-4|claude-haiku-4", Usual),
            ("claude-4.*opus|claude-4.*sonnet", Usual),
            (@"claude-3\.5.*sonnet|claude-3\.5.*haiku", Usual),
            ("claude-3.*opus|claude-3.*sonnet|claude-3.*haiku", Usual),
            (@"claude-2\.1", Usual),
            ("claude-2", 100_000),
            ("claude-instant", 100_000),
        }.Select(rule => (new Regex(rule.Item1, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant), rule.Item2)),
    ];

    /// <summary>The same for many rows of few models, each looked up once.</summary>
    public static Func<string?, ContextWindow> Remembered()
    {
        var known = new Dictionary<string, ContextWindow>(StringComparer.Ordinal);
        return model => model is null ? Of(null) : known.TryGetValue(model, out var window) ? window : known[model] = Of(model);
    }

    public static ContextWindow Of(string? model)
    {
        if (model is null)
            return new(Usual, Estimate: true);
        foreach (var (pattern, tokens) in Rules)
            if (pattern.IsMatch(model))
                return new(tokens, Estimate: false);
        var shape = Shape().Match(model);
        var large = shape.Success && !shape.Groups["family"].ValueSpan.Equals("haiku", StringComparison.OrdinalIgnoreCase)
            && int.TryParse(shape.Groups["generation"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var generation) && generation >= 5;
        return new(large ? Million : Usual, Estimate: true);
    }

    /// <summary>Tokens of the context that a request used: everything that went in, by its answer's usage.</summary>
    public static long Used(TokenUsage tokens) => tokens.Prompt;

    [GeneratedRegex("claude-(?<family>opus|sonnet|haiku|fable|mythos)-(?<generation>[0-9]{1,9})", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}
