using System.Net;
using System.Text.RegularExpressions;
using Nexus.Web.Pages.Shared;
using Xunit;

namespace Nexus.Web.Tests.Pages;

/// <summary>Code in a transcript is coloured, and stays what it was.</summary>
public sealed partial class CodeColorsTests
{
    [Theory]
    [InlineData("csharp", "// why\nvar x = \"a\"; return 1;", "hl-comment hl-keyword hl-string hl-keyword hl-number")]
    [InlineData("json", """{"a": "b", "n": 12, "t": true}""", "hl-name hl-string hl-name hl-number hl-name hl-keyword")]
    [InlineData("bash", "# list\nfor f in \"$HOME\"; do ls $f; done", "hl-comment hl-keyword hl-keyword hl-string hl-keyword hl-name hl-keyword")]
    [InlineData("language-yaml", "a: true # yes", "hl-keyword hl-comment")]
    public void Words_have_the_classes_of_what_they_are(string language, string code, string classes)
    {
        var html = Markdown.ToHtml($"```{language}\n{code}\n```");
        Assert.Equal(classes, string.Join(' ', Spans().Matches(html).Select(match => match.Groups[1].Value)));
        Assert.Equal(code, WebUtility.HtmlDecode(Tags().Replace(html, "")).Trim('\n'));
        Assert.DoesNotContain("style=", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("js")]
    [InlineData("html")]
    [InlineData("go")]
    [InlineData("unheard-of")]
    [InlineData("js\"><script>")]
    public void Tags_in_code_stay_text(string language)
    {
        const string Code = "<script>alert('x')</script> <img src=x onerror=alert(1)> &amp; \"<b>\"";
        var html = Markdown.ToHtml($"```{language}\n{Code}\n```");
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", html, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(Code, WebUtility.HtmlDecode(Tags().Replace(html, "")).Trim('\n'));
    }

    [Fact]
    public void What_is_unknown_or_too_long_stays_plain()
    {
        Assert.Null(CodeColors.Of("unheard-of", "if x"));
        Assert.Null(CodeColors.Of(null, "if x"));
        Assert.Null(CodeColors.Of("bash", new string('x', 50_001)));
        Assert.DoesNotContain("<span", Markdown.ToHtml("```\nif x\n```\n\n    if y"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_comment_that_never_ends_comes_to_an_end()
    {
        var code = "/* " + string.Join('\n', Enumerable.Repeat("a line", 2_000));
        foreach (var language in (string[])["cs", "js", "css", "java", "cpp", "sql", "php", "ts"])
            Assert.Equal(code, WebUtility.HtmlDecode(Tags().Replace(CodeColors.Of(language, code) ?? WebUtility.HtmlEncode(code), "")));
    }

    [GeneratedRegex("<span class=\"([^\"]*)\">")]
    private static partial Regex Spans();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();
}
