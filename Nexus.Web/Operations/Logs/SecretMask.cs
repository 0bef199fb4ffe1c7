using System.Buffers;
using System.Text.RegularExpressions;

namespace Nexus.Web.Operations.Logs;

/// <summary>
/// Takes secrets out of text before it is logged: what looks like one, and the values that Nexus knows to be one. Text
/// without a trace of either is found out by one vectorised search and returned as it is.
/// </summary>
internal sealed partial class SecretMask
{
    public const string Masked = "****";

    /// <summary>Shorter values would mask ordinary words.</summary>
    private const int Shortest = 6;

    /// <summary>Values kept; the oldest go first.</summary>
    private const int Most = 1000;

    /// <summary>Longer texts are cut when they are logged, so what is looked at of them has an end.</summary>
    private const int MostCharacters = 4 * JsonLogFormat.MostBytes;

    private static readonly string[] Traces =
        ["sk-ant-", "cnp_", "nxd_", "bearer", "basic", "authorization", "cookie", "-key", "_key", "apikey", "accesstoken", "access_token", "refreshtoken", "refresh_token", "password", "passwd", "pwd", "secret", "://"];

    private readonly Lock _learning = new();
    private volatile Known _known = new([]);

    /// <summary>From now on the value itself is masked, wherever it stands. Values with a prefix of their own (sk-ant-, cnp_live_) need not be told.</summary>
    public void Learn(string? secret)
    {
        if (secret is not { Length: >= Shortest } || _known.Values.Contains(secret))
            return;
        lock (_learning)
        {
            string[] values = [.. _known.Values.Append(secret).TakeLast(Most)];
            _known = new(values);
        }
    }

    /// <summary>Whether a value by this name is never shown.</summary>
    public static bool Hides(string name) => SecretName().IsMatch(name);

    public string Apply(string text)
    {
        if (text.Length > MostCharacters)
            text = $"{text.AsSpan(0, MostCharacters)}… [{text.Length - MostCharacters} more characters]";
        var known = _known;
        return text.AsSpan().ContainsAny(known.Traces) ? Replace(text, known) : text;
    }

    private static string Replace(string text, Known known)
    {
        foreach (var value in known.Values)
            text = text.Replace(value, Masked, StringComparison.OrdinalIgnoreCase);
        text = PrefixedKey().Replace(text, "$1" + Masked);
        text = PostgresUserInfo().Replace(text, "$1" + Masked + "@");
        text = UserInfo().Replace(text, "$1" + Masked + "@");
        text = HeaderValue().Replace(text, "$1" + Masked);
        text = NamedValue().Replace(text, "$1" + Masked);
        return Scheme().Replace(text, "$1 " + Masked);
    }

    [GeneratedRegex(@"\b(sk-ant-|cnp_live_|cnp_test_|nxd_)[A-Za-z0-9_\-.%~+/=]+", RegexOptions.IgnoreCase)]
    private static partial Regex PrefixedKey();

    /// <summary>user:password@ of a URL; written by people, with bare slashes and @ in the password. The word "password" is none.</summary>
    [GeneratedRegex(@"((?:postgres|postgresql)://[^\s:@/""']{0,100}:)(?!password@)[^\s""']{0,300}@", RegexOptions.IgnoreCase)]
    private static partial Regex PostgresUserInfo();

    [GeneratedRegex(@"(://[^\s:@/""']{0,100}:)(?!password@)[^\s@/""']{0,300}@", RegexOptions.IgnoreCase)]
    private static partial Regex UserInfo();

    /// <summary>Headers whose whole value is secret, to the end of the line or of the quoted text.</summary>
    [GeneratedRegex(@"(\b(?:proxy-authorization|authorization|set-cookie|cookie)[""']?\s*[:=]\s*[""'\[]*)[^\r\n""']+", RegexOptions.IgnoreCase)]
    private static partial Regex HeaderValue();

    /// <summary>name: value, name=value and "name":"value". A connection string's value goes to the semicolon.</summary>
    [GeneratedRegex(@"((?:api[_-]?key|dashboard-key|access_?token|refresh_?token|client_secret|password|passwd|pwd|secret)[""']?\s*[:=]\s*)(?:""[^""]*""|'[^']*'|[^;,&\r\n""'}\s][^;,&\r\n""'}]*)", RegexOptions.IgnoreCase)]
    private static partial Regex NamedValue();

    [GeneratedRegex(@"\b(bearer|basic)\s+(?!\*\*\*\*)[A-Za-z0-9_\-.~+/=]{6,}", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^(?:.*(?:api[_-]?key|dashboard[_-]?key|access_?token|refresh_?token|password|secret)|(?:proxy-)?authorization|(?:set-)?cookie)$", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    private sealed class Known(string[] values)
    {
        public string[] Values => values;

        public SearchValues<string> Traces { get; } = SearchValues.Create([.. SecretMask.Traces, .. values], StringComparison.OrdinalIgnoreCase);
    }
}
