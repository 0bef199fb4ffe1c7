using System.IO.Enumeration;

namespace Nexus.Web.Access.Keys;

/// <summary>Names of models in which <c>*</c> stands for anything.</summary>
internal static class ModelPatterns
{
    public const int Most = 50;

    private const int Longest = 100;

    public static bool Allow(IReadOnlyList<string> patterns, string model)
    {
        foreach (var pattern in patterns)
            if (FileSystemName.MatchesSimpleExpression(pattern, model, ignoreCase: true))
                return true;
        return patterns.Count == 0;
    }

    /// <summary>A list as people type it, separated by commas or white space.</summary>
    public static string[] Split(string? text) => (text ?? "").Split([',', ' ', '\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Why the list cannot be taken; null when it can.</summary>
    public static string? Problem(IReadOnlyCollection<string> patterns)
    {
        if (patterns.Count > Most)
            return $"more than {Most} models";
        return patterns.FirstOrDefault(pattern => pattern.Length > Longest || pattern.Any(character => !char.IsAsciiLetterOrDigit(character) && !"-_.*[]:@/".Contains(character))) is { } wrong
            ? $"'{wrong}' is no model's name; * stands for anything, as in claude-haiku-*"
            : null;
    }
}
