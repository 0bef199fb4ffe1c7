using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using ColorCode;
using ColorCode.Common;
using ColorCode.Compilation;
using ColorCode.Parsing;

namespace Nexus.Web.Pages.Shared;

/// <summary>Code with its words in classes (<c>hl-keyword</c>, …), whose colours are in the style sheet.</summary>
internal static class CodeColors
{
    /// <summary>Characters; a longer block stays plain.</summary>
    private const int Most = 50_000;

    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(1);
    private static readonly LanguageParser Parser = new(new BoundedCompiler(), new LanguageRepository(Languages.All.ToDictionary(language => language.Id)));

    /// <param name="language">As it stands after the fence, such as <c>cs</c> or <c>language-js</c>.</param>
    /// <returns>Escaped HTML to stand in <c>code</c>; null when it is to stay plain: the language is not known, or it would take too long.</returns>
    public static string? Of(string? language, string code)
    {
        if (code.Length > Most || Find(language) is not { } known)
            return null;
        var html = new StringBuilder(code.Length * 2);
        var began = Stopwatch.GetTimestamp();
        var written = 0;
        try
        {
            Parser.Parse(code, known, (text, scopes) =>
            {
                if (Stopwatch.GetElapsedTime(began) > MostTime)
                    throw new RegexMatchTimeoutException();
                written += text.Length;
                Write(html, text, 0, text.Length, [.. scopes]);
            });
        }
        catch (Exception failure) when (failure is RegexMatchTimeoutException or ArgumentException or InvalidOperationException)
        {
            return null;
        }

        // Colours are worth no character of what was said.
        return written == code.Length ? html.ToString() : null;
    }

    private static ILanguage? Find(string? name)
    {
        var id = (name ?? "").Trim().ToLowerInvariant();
        if (id.StartsWith("language-", StringComparison.Ordinal))
            id = id["language-".Length..];
        return id.Length is 0 or > 20 ? null : WordLanguage.All.FirstOrDefault(own => own.HasAlias(id)) ?? Languages.FindById(id is "jsx" or "mjs" ? "js" : id is "tsx" ? "ts" : id is "c" or "h" or "hpp" or "cc" ? "cpp" : id is "svg" ? "xml" : id);
    }

    private static void Write(StringBuilder html, string text, int from, int to, List<Scope> scopes)
    {
        foreach (var scope in scopes.OrderBy(scope => scope.Index))
        {
            var end = scope.Index + scope.Length;
            if (scope.Index < from || end > to)
                continue;
            html.Append(WebUtility.HtmlEncode(text[from..scope.Index]));
            var kind = Class(scope.Name);
            if (kind is not null)
                html.Append("<span class=\"").Append(kind).Append("\">");
            Write(html, text, scope.Index, end, [.. scope.Children]);
            if (kind is not null)
                html.Append("</span>");
            from = end;
        }

        html.Append(WebUtility.HtmlEncode(text[from..to]));
    }

    private static string? Class(string scope)
    {
        bool Has(string part) => scope.Contains(part, StringComparison.OrdinalIgnoreCase);
        return Has("comment") || Has("doc tag") ? "hl-comment"
            : Has("string") || Has("attribute value") || Has("attribute quotes") || Has("property value") ? "hl-string"
            : Has("keyword") || Has("preprocessor") || Has("const") && !Has("constructor") || Has("element") || Has("header") ? "hl-keyword"
            : Has("number") ? "hl-number"
            : Has("type") || Has("class") || Has("constructor") || Has("selector") || Has("predefined") || Has("builtin") || Has("xml name") ? "hl-type"
            : Has("key") || Has("attribute") || Has("property") || Has("variable") || Has("parameter") ? "hl-name"
            : null;
    }

    /// <summary>The library's patterns try for ever where a comment never ends, and know no time limit.</summary>
    private sealed class BoundedCompiler : ILanguageCompiler
    {
        private readonly LanguageCompiler _inner = new(new Dictionary<string, CompiledLanguage>(), new ReaderWriterLockSlim());
        private readonly ConcurrentDictionary<string, CompiledLanguage> _bounded = new();

        public CompiledLanguage Compile(ILanguage language) => _bounded.GetOrAdd(language.Id, _ =>
        {
            var known = _inner.Compile(language);
            // A line's end is matched by the first way already: with two ways for each line, the tries double with every line.
            var pattern = known.Regex.ToString().Replace(@"([^*]|[\r\n]|", "([^*]|", StringComparison.Ordinal);
            return new(known.Id, known.Name, new Regex(pattern, known.Regex.Options, MostTime), known.Captures);
        });
    }
}
