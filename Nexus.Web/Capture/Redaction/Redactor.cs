using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Nexus.Web.Capture.Redaction;

/// <summary>
/// Finds what must not be kept: keys and passwords in the forms that their makers gave them, e-mail addresses, card numbers,
/// and what CAPTURE_REDACT matches. The expressions do not backtrack: their time is linear whatever a caller sends.
/// </summary>
internal sealed class Redactor(IOptions<CaptureOptions> options)
{
    public const string Secret = "[redacted:secret]";
    public const string Email = "[redacted:email]";
    public const string Own = "[redacted:pattern]";

    /// <summary>Put in place of what cannot be looked through, and so is not kept at all.</summary>
    public const string Unreadable = "[redacted:unreadable]";

    /// <summary>Nothing that is looked for is shorter.</summary>
    private const int Shortest = 6;

    /// <summary>How often a text is looked through again with its escapes undone: JSON stands in strings of JSON, as the output of tools has it.</summary>
    private const int Levels = 5;

    private static readonly Regex Secrets = Compile(string.Join('|',
        "sk-ant-[A-Za-z0-9_-]{8,}",                                   // Anthropic
        @"\bsk-[A-Za-z0-9_-]{20,}",                                   // OpenAI and many that copy it
        @"\b[srp]k_(?:live|test)_[A-Za-z0-9]{10,}",                   // Stripe
        @"\bcnp_[a-z]+_[A-Za-z0-9_-]{8,}|\bnxd_[A-Za-z0-9_-]{16,}",   // Nexus
        @"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",                             // AWS
        @"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}",
        @"\bglpat-[A-Za-z0-9_-]{16,}",                                // GitLab
        @"\bxox[a-z]-[A-Za-z0-9-]{10,}",                              // Slack
        @"\bAIza[A-Za-z0-9_-]{30,}",                                  // Google
        @"\b(?:npm|hf)_[A-Za-z0-9]{20,}|\bpypi-[A-Za-z0-9_-]{16,}",
        @"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+", // JSON Web Tokens
        @"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----|[\s\S]*)",
        @"\b[Bb]earer\s+[A-Za-z0-9._~+/=-]{16,}",
        @"://[^\s/:@""]{1,64}:[^\s/@""]{1,128}@",                     // credentials in a URL
        @"(?i:[A-Za-z0-9_-]*(?:api[_-]?key|secret|password|passwd|access[_-]?token|auth[_-]?token))""\s*:\s*""(?:[^""\\]|\\[\s\S])+", // in JSON within a text
        @"(?i:\b[A-Za-z0-9_-]*(?:api[_-]?key|secret|password|passwd|access[_-]?token|auth[_-]?token)[""']?\s*[:=]\s*[""']?)[^\s""',;<>]{8,}"));

    private static readonly Regex Emails = Compile(@"[\w.%+'-]+@[\w-]+(?:\.[\w-]+)*\.\w{2,}");

    private static readonly Regex Names = Compile("(?i:^[a-z0-9_-]*(?:api[_-]?key|secret|password|passwd|access[_-]?token|auth[_-]?token)$)");

    private readonly Regex[] _own = [.. options.Value.Patterns.Select(Compile)];

    /// <summary>What is found in a text, in order; empty when it may be kept as it is.</summary>
    public List<Edit> Find(string text) => Edit.Merge(Deeper(FindAsItIs(text), text, Levels));

    /// <summary>Adds what is found with escapes undone. What was found before is carried along, so that no edit splits an escape of any level.</summary>
    private List<Edit> Deeper(List<Edit> found, string text, int levels)
    {
        if (levels == 0 || Unescaped.Of(text) is not { } plain)
            return found;
        List<Edit> inner = [.. found.Select(plain.InText).Where(edit => edit.Length > 0), .. FindAsItIs(plain.Text)];
        return [.. Deeper(inner, plain.Text, levels - 1).Select(plain.InSource)];
    }

    private List<Edit> FindAsItIs(string text)
    {
        var found = new List<Edit>();
        if (text.Length < Shortest && _own.Length == 0)
            return found;
        Take(Secrets, text, Secret, found);
        if (text.Contains('@', StringComparison.Ordinal))
            Take(Emails, text, Email, found);
        CardNumbers.Find(text, found);
        foreach (var pattern in _own)
            Take(pattern, text, Own, found);
        return found;
    }

    public string Redact(string text) => Edit.Apply(text, Find(text));

    /// <summary>Whether what stands under this name is a secret, whatever it looks like.</summary>
    public static bool NamesSecret(string name) => Names.IsMatch(name);

    /// <exception cref="ArgumentException">It is no regular expression, or one that needs to backtrack.</exception>
    public static Regex Compile(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private static void Take(Regex pattern, string text, string label, List<Edit> found)
    {
        foreach (var match in pattern.EnumerateMatches(text))
            if (match.Length > 0)
                found.Add(new Edit(match.Index, match.Length, label));
    }
}
